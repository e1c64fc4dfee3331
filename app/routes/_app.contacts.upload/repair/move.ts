import type { KeyboardEvent } from "react";

const CELL = "input[data-at]";

/**
 * Keys of a spreadsheet, in a table whose cells are text fields: Enter and the arrows up and down go along the column,
 * left and right go to the next cell from the end of a text, Escape brings back what was saved. Tab is the browser's own.
 */
export function moveInGrid(event: KeyboardEvent<HTMLElement>): void {
  const cell = event.target;
  if (!(cell instanceof HTMLInputElement) || !cell.matches(CELL)) return;
  if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const { key, shiftKey } = event;
  if (key === "Escape") {
    cell.value = cell.defaultValue;
    cell.select();
  } else if (key === "Enter") {
    // At the end of the column the field is left too: what was typed there is to be saved.
    if (!go(along(cell, shiftKey ? -1 : 1))) cell.blur();
  } else if (key === "ArrowDown" || key === "ArrowUp") {
    go(along(cell, key === "ArrowUp" ? -1 : 1));
  } else if ((key === "ArrowRight" || key === "ArrowLeft") && !shiftKey && atEdge(cell, key)) {
    go(beside(cell, key === "ArrowLeft" ? -1 : 1));
  } else {
    return;
  }
  event.preventDefault();
}

const rowsOf = (cell: HTMLElement) => [...(cell.closest("tbody")?.rows ?? [])];

function along(cell: HTMLInputElement, step: number): HTMLInputElement | null {
  const rows = rowsOf(cell);
  const here = rows.findIndex((row) => row.contains(cell));
  return rows[here + step]?.querySelector<HTMLInputElement>(`input[data-at="${cell.dataset.at}"]`) ?? null;
}

function beside(cell: HTMLInputElement, step: number): HTMLInputElement | null {
  const cells = [...(cell.closest("tr")?.querySelectorAll<HTMLInputElement>(CELL) ?? [])];
  return cells[cells.indexOf(cell) + step] ?? null;
}

// A text that is selected as a whole is a cell one stands on, not a text one writes in.
function atEdge({ selectionStart, selectionEnd, value }: HTMLInputElement, key: string): boolean {
  if (selectionStart === 0 && selectionEnd === value.length) return true;
  if (selectionStart !== selectionEnd) return false;
  return key === "ArrowLeft" ? selectionStart === 0 : selectionEnd === value.length;
}

function go(cell: HTMLInputElement | null): boolean {
  if (!cell) return false;
  cell.focus();
  cell.select();
  return true;
}
