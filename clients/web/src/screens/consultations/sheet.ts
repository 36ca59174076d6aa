// Pasted text as rows and columns: a table from a sheet (tabs between cells, quotes around a cell that holds tabs,
// quotes or line ends), or lines of which each is one row.

/** A list marker before what somebody wrote. */
const MARKER = /^\s*(?:[-–•*]|\(?(?:\d{1,3}|[a-z])[.)])\s+/i;

/** Whether a text comes from a sheet. */
export function isSheet(text: string): boolean {
  return text.includes("\t");
}

/** The rows of a pasted text; empty ones are left out. */
export function rowsOf(text: string): string[][] {
  const rows = isSheet(text) ? cellsOf(text) : text.split(/\r\n|\n|\r/).map((line) => [line.replace(MARKER, "").trim()]);
  return rows.filter((row) => row.some((cell) => cell !== ""));
}

function cellsOf(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = "";
  let isQuoted = false;
  const end = () => {
    rows.at(-1)!.push(cell.trim());
    cell = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]!;
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[at + 1] === '"') cell += text[(at += 1)];
      else isQuoted = false;
    } else if (letter === '"' && cell === "" && text.indexOf('"', at + 1) > 0) isQuoted = true;
    else if (letter === "\t") end();
    else if (letter === "\n" || letter === "\r") {
      if (letter === "\r" && text[at + 1] === "\n") at += 1;
      end();
      rows.push([]);
    } else cell += letter;
  }
  end();
  return rows;
}
