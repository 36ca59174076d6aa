// Words that several desks share.

export const desks = {
  entries: (count: string, isOne: boolean) => (isOne ? "1 entry answers it" : `${count} entries answer it`),
  entry: (seq: string) => `Entry ${seq}`,
  entriesTo: (first: string, last: string) => `Entries ${first} to ${last}`,
  inHistory: "What they did, in the history",
  by: (entries: string, name: string, when: string) => `${entries}, ${name}, ${when}`,
};
