import { Fragment } from "react";
import { type Block, readFormatting, type Span } from "../lib/message-format.ts";
import styles from "./message-text.module.css";

/** The text of a message with WhatsApp's formatting. */
export function MessageText({ text }: { text: string }) {
  return (
    <>
      {keyed(readFormatting(text)).map(([key, block]) => (
        <BlockText key={key} block={block} />
      ))}
    </>
  );
}

function BlockText({ block }: { block: Block }) {
  if (block.kind === "line") {
    return (
      <div className={styles.line}>
        <Spans spans={block.spans} />
      </div>
    );
  }
  if (block.kind === "quote") {
    return (
      <blockquote className={styles.quote}>
        {keyed(block.lines).map(([key, line]) => (
          <div key={key}>
            <Spans spans={line} />
          </div>
        ))}
      </blockquote>
    );
  }
  const items = keyed(block.items).map(([key, item]) => (
    <li key={key}>
      <Spans spans={item} />
    </li>
  ));
  return block.start === null ? (
    <ul className={styles.list}>{items}</ul>
  ) : (
    <ol className={styles.list} start={block.start}>
      {items}
    </ol>
  );
}

const TAGS = { bold: "strong", italic: "em", strike: "s" } as const;

function Spans({ spans }: { spans: readonly Span[] }) {
  return keyed(spans).map(([key, span]) => {
    if (span.kind === "text") return <Fragment key={key}>{span.text}</Fragment>;
    if (span.kind === "code") {
      return (
        <code key={key} className={styles.code}>
          {span.text}
        </code>
      );
    }
    const Tag = TAGS[span.kind];
    return (
      <Tag key={key}>
        <Spans spans={span.spans} />
      </Tag>
    );
  });
}

/** The parts of a text have no other names than their places. */
const keyed = <T,>(parts: readonly T[]): [number, T][] => parts.map((part, at) => [at, part]);
