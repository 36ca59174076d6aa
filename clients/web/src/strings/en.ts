// Every string that people see, one section a screen; a function where something is put in.

import type { Bureau, Role } from "../api/schema";
import { chain } from "./chain";
import { consultations } from "./consultations";
import { desks } from "./desks";
import { evidence } from "./evidence";
import { exchange } from "./exchange";
import { find } from "./find";
import { findings } from "./findings";
import { guidance } from "./guidance";
import { history } from "./history";
import { money } from "./money";
import { mapping } from "./mapping";
import { past } from "./past";
import { since } from "./since";
import { undo } from "./undo";
import { progress } from "./progress";
import { write } from "./write";

export const en = {
  product: "Plenary",
  bureaux: {
    BR: "Radiocommunication Bureau",
    TSB: "Telecommunication Standardization Bureau",
    BDT: "Telecommunication Development Bureau",
    GS: "General Secretariat",
  } satisfies Record<Bureau, string>,
  roles: {
    reader: "Reader",
    contributor: "Contributor",
    drafter: "Drafter",
    chair: "Chair",
    auditor: "Auditor",
    admin: "Administrator",
  } satisfies Record<Role, string>,
  bar: {
    home: "All plans",
    main: "Main",
    sections: "Parts of this plan",
    write: "Write",
    chain: "Chain",
    money: "Money",
    mapping: "Former → new",
    guidance: "Guidance",
    consultations: "Consultations",
    progress: "Progress",
    findings: "Checks",
    history: "History",
    evidence: "Evidence",
    signOut: "Sign out",
    themeDark: "Dark colours",
    themeLight: "Light colours",
    you: (name: string, bureau: string) => `You are ${name}, ${bureau}`,
    skip: "Skip to content",
  },
  signIn: {
    title: "Write one plan together",
    lead: "Several Bureaux write one strategic plan at the same time. Every word and number keeps its history: who wrote it, when, from what to what, and why.",
    demo: "Choose who you are",
    demoNote: "This is a demonstration. Open a second window as somebody else to see both write.",
    token: "Sign in with a token",
    tokenLabel: "Token",
    tokenHelp: "You get it from your identity provider, or from whoever runs this server.",
    submit: "Sign in",
    empty: "Paste a token first.",
    refused: (why: string) => `The server does not take this token: ${why}`,
    ended: "Your sign-in has ended. Sign in again; what you wrote is kept.",
  },
  plans: {
    title: "Plans",
    none: "There is no plan that you may read yet.",
    period: (from: string, to: string) => `${from}–${to}`,
    changed: (when: string) => `Last change ${when}`,
    unavailable: "Cannot be read at the moment; the operator has been told.",
    importTitle: "Import a plan",
    importLead: "Drop a plan file here, or choose one.",
    importButton: "Choose a file",
    importing: (name: string) => `Importing ${name}…`,
    imported: (title: string) => `“${title}” is imported.`,
    problems: (name: string, count: number) =>
      `${name} was not imported. ${count === 1 ? "There is 1 problem" : `There are ${count} problems`}:`,
    problemPlace: "Place",
    problemSays: "What is wrong",
    moreProblems: (count: number) => `…and ${count} more. Mend these first.`,
    tooLarge: (limit: string) => `The file is larger than ${limit}; a plan file is smaller.`,
  },
  stages: {
    secretariat_draft: "Secretariat draft",
    consultation: "Consultation",
    cwg_sfp: "Council working group",
    council: "Council",
    plenipotentiary: "Plenipotentiary",
    adopted: "Adopted",
    withdrawn: "Withdrawn",
  },
  chain,
  consultations,
  desks,
  evidence,
  exchange,
  find,
  findings,
  guidance,
  history,
  money,
  mapping,
  past,
  since,
  undo,
  progress,
  writing: write,
  rights: {
    closed: (stage: string) => `The plan is at the stage “${stage}” and takes no edits.`,
    planFields: "The plan’s own fields are set by chairs and administrators.",
    otherBureau: (bureau: string) => `This belongs to ${bureau}. Comment on it, or ask ${bureau} or the chair.`,
    contributor: "Contributors write their own comments and feedback.",
    readsOnly: (role: string) => `The role ${role.toLowerCase()} reads and does not write.`,
  },
  errors: {
    unreachable: "The server cannot be reached. Check your connection, then try again.",
    unreadable: "The server answered something that this page does not understand. Load the page again.",
    again: "Try again",
    noPage: "There is no such page here.",
  },
  dialog: {
    close: "Close",
    unsaved: "What you typed here is not entered yet.",
    goOn: "Go on with it",
    discard: "Throw it away",
  },
  status: {
    loading: "Loading…",
  },
};
