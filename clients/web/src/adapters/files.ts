// Gives the reader a file that was made in the page or came from the server.

export function saveAs(content: Blob | string, name: string, type = "text/plain"): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has the blob by the next turn.
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}

/** The name a server gives its file, or another where it gives none. */
export function nameIn(headers: Headers, otherwise: string): string {
  const [, name] = /filename="([^"/\\]+)"/.exec(headers.get("content-disposition") ?? "") ?? [];
  return name ?? otherwise;
}
