import { expect, test } from "vitest";
import { makeCompound, makeDoc, makeDocx, makeZip, PDF } from "#tests/fixtures/media/documents.ts";
import { makeFlatPicture, makePicture } from "#tests/fixtures/media/pictures.ts";
import { DomainError } from "../../errors.ts";
import { judgeFile } from "./judge.ts";

const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const png = await makePicture("png");
const jpeg = await makePicture("jpeg");
const zeros = (megabytes: number) => Buffer.alloc(megabytes * 1024 * 1024);

/** What becomes of a file: its type, or the sentence it is refused with. */
async function judged(fileName: string, bytes: Buffer, declaredType = ""): Promise<string> {
  try {
    return (await judgeFile({ fileName, declaredType, bytes })).type;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    expect(error.fields.file).toBe(error.message);
    return error.message;
  }
}

test.each([
  ["poster.png", png, "image/png", "image/png"],
  ["Poster.JPG", jpeg, "image/jpeg", "image/jpeg"],
  ["poster.jpeg", jpeg, "image/jpg", "image/jpeg"],
  ["two pictures of one camera.jpg", Buffer.concat([jpeg, jpeg]), "image/jpeg", "image/jpeg"],
  ["menu.pdf", PDF, "application/pdf", "application/pdf"],
  ["menu.pdf", PDF, "", "application/pdf"],
  ["letter.doc", makeDoc(), "application/msword", "application/msword"],
  ["letter.docx", makeDocx(), DOCX, DOCX],
  ["letter.docx", makeDocx({ path: "word/media/image1.png", data: png }), "application/octet-stream", DOCX],
])("%s is what it says", async (name, bytes, declared, type) => {
  expect(await judged(name, bytes, declared)).toBe(type);
});

const program = Buffer.concat([Buffer.from("MZ"), Buffer.alloc(400), Buffer.from("This program cannot be run")]);
const page = Buffer.from("<!doctype html><script>alert(1)</script>");
const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`);
const behind = (picture: Buffer, tail: Buffer | string) => Buffer.concat([picture, Buffer.from(tail)]);

test.each([
  [
    "a program under another name",
    "invoice.pdf",
    program,
    "",
    /that this is a PDF, but its content is a file of the kind \.exe/,
  ],
  ["a program with two endings", "photo.jpg.exe", program, "", /Files that end in \.exe cannot be sent/],
  ["a script with two endings", "photo.jpg.php", jpeg, "", /end in \.php/],
  ["a name without an ending", "photo", jpeg, "", /without an ending/],
  ["a drawing with a script", "logo.png", svg, "image/png", /a PNG picture, but its content is/],
  ["a drawing under its own name", "logo.svg", svg, "image/svg+xml", /end in \.svg cannot be sent/],
  ["a web page as a PDF", "report.pdf", page, "application/pdf", /a PDF, but its content is a web page/],
  ["a PDF as a picture", "report.png", PDF, "image/png", /a PNG picture, but its content is a PDF/],
  ["a PNG as a JPG", "photo.jpg", png, "image/jpeg", /a JPG picture, but its content is a PNG picture/],
  ["a picture declared as a page", "photo.png", png, "text/html", /sent as something else/],
  ["nothing", "photo.png", Buffer.alloc(0), "image/png", /empty/],
  ["half a PNG", "photo.png", png.subarray(0, png.length / 2), "", /picture is damaged or not complete/],
  ["a PNG without its last byte", "photo.png", png.subarray(0, -1), "", /attached|damaged/],
  ["half a JPG", "photo.jpg", jpeg.subarray(0, jpeg.length / 2), "", /picture is damaged or not complete/],
  ["half a JPG with an end", "photo.jpg", behind(jpeg.subarray(0, jpeg.length / 2), "\xff\xd9"), "", /damaged/],
  ["a JPG without its end", "photo.jpg", jpeg.subarray(0, -2), "", /picture is damaged or not complete/],
  ["a JPG's first bytes alone", "photo.jpg", Buffer.from("ffd8ffe000104a46", "hex"), "", /damaged/],
  ["a JPG that is a web page too", "photo.jpg", behind(jpeg, page), "", /Something else is attached/],
  ["a JPG that is an archive too", "photo.jpg", behind(jpeg, makeDocx()), "", /Something else is attached/],
  ["a PNG that is an archive too", "photo.png", behind(png, makeDocx()), "", /Something else is attached/],
  ["a PDF that is cut off", "menu.pdf", PDF.subarray(0, 40), "", /PDF is damaged/],
  ["a PDF that is an archive too", "menu.pdf", behind(PDF, makeZip([{ path: "a", data: png }])), "", /PDF is damaged/],
  [
    "a plain archive as a document",
    "letter.docx",
    makeZip([{ path: "a.txt", data: page }]),
    "",
    /content is a ZIP archive/,
  ],
  ["half a document", "letter.docx", makeDocx().subarray(0, 300), "", /document is damaged/],
  ["a document with macros", "letter.docx", makeDocx({ path: "word/vbaProject.bin", data: page }), "", /macros/],
  ["a bomb that says so", "letter.docx", makeDocx({ path: "x", data: zeros(40) }), "", /unpacks to far more/],
  ["a bomb that lies", "letter.docx", makeDocx({ path: "x", data: zeros(40), says: 1_000 }), "", /unpacks to far more/],
  [
    "another Office file",
    "letter.doc",
    makeCompound([{ name: "Workbook", type: 2 }]),
    "",
    /another kind of Office file/,
  ],
  [
    "a document of old with macros",
    "letter.doc",
    makeCompound([
      { name: "WordDocument", type: 2 },
      { name: "Macros", type: 1 },
    ]),
    "",
    /macros/,
  ],
  ["half a document of old", "letter.doc", makeDoc().subarray(0, 1_100), "", /document is damaged/],
  ["the beginning of one", "letter.doc", makeDoc().subarray(0, 100), "", /document is damaged/],
])("%s is refused in plain words", async (_what, name, bytes, declared, sentence) => {
  expect(await judged(name, bytes, declared)).toMatch(sentence);
});

test("a document of old whose chain goes in circles comes to an end", async () => {
  const round = makeDoc();
  round.writeUInt32LE(1, 512 + 8);
  expect(await judged("letter.doc", round)).toMatch(/damaged/);
});

test("a picture of very many pixels in few bytes is refused before it is unpacked", async () => {
  const bomb = await makeFlatPicture(12_000, 9_000);
  expect(bomb.length).toBeLessThan(1_000_000);
  const before = process.memoryUsage().rss;
  expect(await judged("bomb.png", bomb)).toMatch(/has 108 million pixels; at most 50 million/);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
});

test("of a picture its size as it is looked at, and a small JPEG, are known", async () => {
  const { picture } = await judgeFile({ fileName: "a.png", declaredType: "", bytes: png });
  expect(picture).toMatchObject({ width: 640, height: 400 });
  expect(picture?.thumbnail.subarray(0, 3).toString("hex")).toBe("ffd8ff");
  expect(picture?.thumbnail.length).toBeLessThan(40_000);
  const lying = await (await import("sharp")).default(jpeg).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const turned = await judgeFile({ fileName: "a.jpg", declaredType: "", bytes: lying });
  expect(turned.picture).toMatchObject({ width: 400, height: 640 });
});

test("whatever bytes come, the answer is a sentence and never a failure", async () => {
  const files: [string, Buffer][] = [
    ["a.png", png],
    ["a.jpg", jpeg],
    ["a.docx", makeDocx()],
    ["a.doc", makeDoc()],
  ];
  let state = 7;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state % below;
  };
  for (const [name, whole] of files) {
    for (let n = 0; n < 60; n++) {
      const bytes = Buffer.from(whole.subarray(0, random(whole.length) + 1));
      for (let i = 0; i < 4; i++) bytes[random(bytes.length)] = random(256);
      expect(typeof (await judged(name, bytes))).toBe("string");
    }
  }
});
