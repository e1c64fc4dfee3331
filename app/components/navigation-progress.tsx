import { Box, Progress, VisuallyHidden } from "@mantine/core";
import { useNavigation } from "@remix-run/react";

/** A line at the top while the next page is on its way; its style keeps it back until that takes long enough to be noticed. */
export function NavigationProgress() {
  const busy = useNavigation().state !== "idle";
  return (
    <>
      <VisuallyHidden role="status">{busy ? "Loading" : ""}</VisuallyHidden>
      {busy && (
        <Box className="progress-line" aria-hidden>
          <Progress value={100} size={3} radius={0} animated />
        </Box>
      )}
    </>
  );
}
