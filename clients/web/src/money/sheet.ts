// Walking a sheet by keyboard: rows and columns from 0, one place at a time.

export interface Place {
  row: number;
  column: number;
}

/** Where a key leads in a sheet of so many rows and columns; `null` where it is no such key. */
export function walk({ row, column }: Place, key: string, isFar: boolean, rows: number, columns: number): Place | null {
  const [last, end] = [rows - 1, columns - 1];
  switch (key) {
    case "ArrowUp":
      return { row: isFar ? 0 : Math.max(0, row - 1), column };
    case "ArrowDown":
      return { row: isFar ? last : Math.min(last, row + 1), column };
    case "ArrowLeft":
      return { row, column: isFar ? 0 : Math.max(0, column - 1) };
    case "ArrowRight":
      return { row, column: isFar ? end : Math.min(end, column + 1) };
    case "Home":
      return { row: isFar ? 0 : row, column: 0 };
    case "End":
      return { row: isFar ? last : row, column: end };
    default:
      return null;
  }
}

/** The next place in reading order, or the one before; `null` beyond the ends, where the keys leave the sheet. */
export function onward({ row, column }: Place, isBack: boolean, rows: number, columns: number): Place | null {
  const at = row * columns + column + (isBack ? -1 : 1);
  return at < 0 || at >= rows * columns ? null : { row: Math.floor(at / columns), column: at % columns };
}

/** Whether a key begins a number where one stands, taking the place of what was there. */
export function beginsNumber(key: string): boolean {
  return /^[\d.,+-]$/.test(key);
}
