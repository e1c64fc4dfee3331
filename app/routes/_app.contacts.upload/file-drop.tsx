import { Box, Button, Stack, Text } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import { useMounted } from "@mantine/hooks";
import { FileTextIcon, UploadIcon } from "@radix-ui/react-icons";
import { useRef, useState } from "react";
import { formatNumber } from "../../lib/format.ts";

const types = {
  "text/csv": [".csv"],
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": [".xlsx"],
};

/**
 * The file's field. A native input is what is sent, and all there is without JavaScript; the drop area hands it the file
 * that was dropped or chosen, because a drop area's own input would not reach the form.
 */
export function FileDrop({ id, name, maxBytes }: { id: string; name: string; maxBytes: number }) {
  const open = useRef<() => void>(null);
  const input = useRef<HTMLInputElement>(null);
  const alive = useMounted();
  const [file, setFile] = useState<File | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const take = (files: File[]) => {
    const [first] = files;
    if (!first || !input.current) return;
    const transfer = new DataTransfer();
    transfer.items.add(first);
    input.current.files = transfer.files;
    input.current.dispatchEvent(new Event("change", { bubbles: true }));
  };
  return (
    <>
      <Box hidden={alive}>
        <input
          ref={input}
          id={id}
          type="file"
          name={name}
          accept=".csv,.xlsx"
          aria-label="Excel or CSV file"
          onChange={(event) => {
            setFile(event.currentTarget.files?.[0] ?? null);
            setProblem(null);
          }}
        />
      </Box>
      {alive && (
        <Dropzone
          onDrop={take}
          onReject={([rejected]) =>
            setProblem(
              rejected && rejected.file.size > maxBytes
                ? `${rejected.file.name} is larger than ${maxBytes / 1024 / 1024} MB. Split it and import the parts.`
                : `${rejected?.file.name ?? "This"} is not an .xlsx or .csv file.`,
            )
          }
          accept={types}
          maxSize={maxBytes}
          multiple={false}
          inputProps={{ "aria-label": "Excel or CSV file" }}
          openRef={open}
          activateOnClick={false}
          activateOnKeyboard={false}
          enablePointerEvents
          useFsAccessApi={false}
          tabIndex={-1}
          mt={4}
        >
          <Stack align="center" justify="center" mih={130} gap="xs">
            {file ? (
              <FileTextIcon width={28} height={28} aria-hidden />
            ) : (
              <UploadIcon width={28} height={28} aria-hidden />
            )}
            <Text fw={600} role="status">
              {file ? `${file.name}, ${formatNumber(Math.ceil(file.size / 1024))} kB` : "Drop the file here"}
            </Text>
            <Button variant="default" size="xs" onClick={() => open.current?.()}>
              {file ? "Choose another file" : "Choose a file"}
            </Button>
          </Stack>
        </Dropzone>
      )}
      {problem && (
        <Text c="var(--mantine-color-error)" size="sm" mt={4} role="alert">
          {problem}
        </Text>
      )}
    </>
  );
}
