import { Box, Progress, VisuallyHidden } from "@mantine/core";
import { useNavigation } from "@remix-run/react";
import { useEffect, useState } from "react";

const PATIENCE_MS = 200;

/** A line at the top while the next page is on its way, once that takes long enough to be noticed. */
export function NavigationProgress() {
  const busy = useNavigation().state !== "idle";
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!busy) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [busy]);
  return (
    <>
      <VisuallyHidden role="status">{shown ? "Loading" : ""}</VisuallyHidden>
      {shown && (
        <Box pos="fixed" top={0} left={0} right={0} style={{ zIndex: 400 }} aria-hidden>
          <Progress value={100} size={3} radius={0} animated />
        </Box>
      )}
    </>
  );
}
