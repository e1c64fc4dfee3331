import { fileURLToPath } from "node:url";
import { built } from "../../built.ts";
import { shown, UNKNOWN_LETTER } from "./rules.ts";

const folder = fileURLToPath(new URL(built ? "../../server/billing/receipts/fonts/" : "./fonts/", import.meta.url));
const FONTS = { regular: `${folder}NotoSans-Regular.ttf`, bold: `${folder}NotoSans-Bold.ttf` };

const INK = { plain: "#1d2526", quiet: "#4c585a", line: "#b6bfc0", warning: "#97261f" };
/** Margins of 2 cm on A4; all in points. */
const EDGE = 56.7;
const A4 = { width: 595.28, height: 841.89 };

interface Look {
  size?: number;
  bold?: boolean;
  ink?: keyof typeof INK;
}

interface Place {
  x: number;
  y: number;
  width: number;
  align?: "left" | "right";
}

type Struct = PDFKit.PDFStructureElement;
/** `scope`, of a head of a table, is known to pdfkit but not to its types. */
type ElementOptions = PDFKit.Mixins.StructureElementOptions & { scope?: "Column" | "Row" };

/** Loads what draws: with its fonts' reader it takes 0.2 s and 24 MB, for the first receipt and not for every start. */
export const loadPdf = () => import("pdfkit");

/** One page of A4 that screen readers can follow: every text belongs to an element of its structure. */
export async function openSheet({ title, author, at }: { title: string; author: string; at: Date }) {
  const { default: PDFDocument } = await loadPdf();
  const doc = new PDFDocument({
    size: "A4",
    margin: EDGE,
    font: FONTS.regular,
    lang: "en",
    tagged: true,
    displayTitle: true,
    pdfVersion: "1.7",
    info: { Title: shown(title), Author: shown(author), Creator: "MassSender", CreationDate: at, ModDate: at },
  });
  const bytes = new Promise<Buffer>((resolve, reject) => {
    const pieces: Buffer[] = [];
    doc.on("data", (piece: Buffer) => pieces.push(piece));
    doc.on("end", () => resolve(Buffer.concat(pieces)));
    doc.on("error", reject);
  });
  const root = doc.struct("Document");
  doc.addStructure(root);
  let unknown = false;

  /** Writes a text under a structure element and answers where the next line begins. */
  const write = (
    type: string,
    text: string,
    place: Place,
    { size = 10, bold = false, ink = "plain" }: Look = {},
    parent = root,
  ): number => {
    const letters = shown(text);
    unknown ||= letters.includes(UNKNOWN_LETTER);
    const { x, y, width, align = "left" } = place;
    doc.font(bold ? FONTS.bold : FONTS.regular, size).fillColor(INK[ink]);
    doc.text(letters, x, y, { width, align, lineGap: 1, structParent: parent, structType: type });
    return doc.y;
  };

  /** Draws what says nothing to whoever does not see it. */
  function adorn(draw: () => void): void {
    doc.markContent("Artifact", { type: "Layout" });
    doc.save();
    draw();
    doc.restore();
    doc.endMarkedContent();
  }

  return {
    left: EDGE,
    right: A4.width - EDGE,
    width: A4.width - 2 * EDGE,
    write,
    /** An element that others belong to, such as a table. */
    group: (type: string, parent: Struct = root, options: ElementOptions = {}): Struct => {
      const element = doc.struct(type, options);
      parent.add(element);
      return element;
    },
    rule: (y: number, from = EDGE) =>
      adorn(() =>
        doc
          .moveTo(from, y)
          .lineTo(A4.width - EDGE, y)
          .lineWidth(0.7)
          .strokeColor(INK.line)
          .stroke(),
      ),
    /** One word from corner to corner, behind what is written after it. */
    across: (word: string): void => {
      adorn(() => {
        const [x, y] = [A4.width / 2, A4.height / 2];
        doc.rotate(-Math.atan2(A4.height, A4.width) * (180 / Math.PI), { origin: [x, y] });
        doc.font(FONTS.bold, 190).fillColor(INK.warning, 0.14);
        doc.text(word, x - doc.widthOfString(word) / 2, y - doc.currentLineHeight() / 2, { lineBreak: false });
      });
      doc.fillOpacity(1);
    },
    /** Whether a text held a letter that the fonts have not. */
    lacksLetters: () => unknown,
    close: (): Promise<Buffer> => {
      root.end();
      doc.end();
      return bytes;
    },
  };
}

export type Sheet = Awaited<ReturnType<typeof openSheet>>;
