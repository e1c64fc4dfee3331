import { expect, test } from "vitest";
import { cleanFileName, mediaLimits } from "./rules.ts";

test("a file is shown under its own last name, without what would deceive a reader", () => {
  expect(cleanFileName("C:\\Users\\Ani\\Surat.pdf")).toBe("Surat.pdf");
  expect(cleanFileName("../../etc/passwd.pdf")).toBe("passwd.pdf");
  expect(cleanFileName("invoice\u202Egpj.pdf")).toBe("invoicegpj.pdf");
  expect(cleanFileName("a\u0000b\r\nc.pdf")).toBe("abc.pdf");
  expect(cleanFileName("Menü für März.docx")).toBe("Menü für März.docx");
  const long = cleanFileName(`${"x".repeat(400)}.docx`);
  expect(long).toHaveLength(mediaLimits.fileNameChars);
  expect(long.endsWith("x.docx")).toBe(true);
});
