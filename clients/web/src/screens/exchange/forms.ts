// Forms in which the page gives a plan away, and what each asks of the server.

import type { BundleBody, Content, ExportBody, ExportFormat } from "../../api/schema";

export const FORMS = ["word", "tracked", "html", "information", "table", "stratml", "plan", "lines", "jsonl", "evidence"] as const;
export type Form = (typeof FORMS)[number];
export const TABLES = ["indicators", "allocations", "mapping", "guidance", "feedback", "findings"] as const satisfies readonly Content[];

/** What somebody chose; points as the API writes them, empty for now or the beginning. */
export interface Chosen {
  form: Form;
  /** The form of the file, where there is a choice. */
  file: ExportFormat;
  table: (typeof TABLES)[number];
  at: string;
  from: string;
  because: string;
}

/** The forms of file of what has several; the first is that to begin with. */
export function filesOf(form: Form): readonly ("docx" | "html" | "csv" | "xlsx")[] {
  return form === "information" ? ["docx", "html"] : form === "table" ? ["xlsx", "csv"] : [];
}

/** Whether it is of the plan at a point; others are of its whole past. */
export function hasPoint(form: Form): boolean {
  return form !== "jsonl" && form !== "evidence";
}

/** What is asked; an evidence bundle is asked for at an address of its own. */
export function bodyOf({ form, file, table, at, from, because }: Chosen): ExportBody {
  const reason = because.trim() ? { because: because.trim() } : {};
  const point = at && hasPoint(form) ? { at } : {};
  switch (form) {
    case "word":
      return { format: "docx", content: "plan", ...point, ...reason };
    case "tracked":
      return { format: "docx", content: "plan", from: from || "1", ...point, ...reason };
    case "html":
      return { format: "html", content: "plan", ...point, ...reason };
    case "information":
      return { format: file, content: "information", ...point, ...reason };
    case "table":
      return { format: file, content: table, ...point, ...reason };
    default:
      return { format: form, ...point, ...reason };
  }
}

export function bundleOf({ because }: Chosen): BundleBody {
  return because.trim() ? { because: because.trim() } : {};
}
