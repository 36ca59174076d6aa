// Words of "Since you were last here".

export const since = {
  title: "Since you were last here",
  when: (ago: string) => `You were last here ${ago}.`,
  count: (count: string, isOne: boolean) => (isOne ? "1 change by others" : `${count} changes by others`),
  of: (bureau: string, count: string) => `${bureau}: ${count}`,
  next: "Next change",
  back: "Change before",
  key: "F8",
  place: (number: string, of: string) => `${number} of ${of}`,
  close: "Close",
  inHistory: "In the history",
  by: (name: string, when: string) => `${name}, ${when}`,
};
