// Shapes of the past as the API tells it, under the names that these files use.

import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type Bureau = Schemas["Bureau"];
// The generator drops what stands beside a reference: an export gets its type back here.
type WithType<Told> = Told extends { type: string } ? Told : Told & { type: "exported" };
export type Entry = WithType<Schemas["EventView"]>;
export type EditRow = Schemas["EditRow"];
export type Value = Schemas["Value"];
export type Segment = Schemas["Segment"];
export type PlanView = Schemas["PlanView"];
export type ElementView = Schemas["ElementView"];
export type LinkView = Schemas["LinkView"];
export type Version = Schemas["Version"];
export type Difference = Schemas["Difference"];
export type DiffAnswer = Schemas["DiffAnswer"];
export type BlameAnswer = Schemas["BlameAnswer"];
export type Origin = Schemas["Origin"];
export type Restores = Schemas["Restores"];
export type Scope = Schemas["Scope"];
export type RestorePreview = Schemas["RestorePreview"];

/** The Bureaux, in the order in which they are always shown. */
export const BUREAUX: readonly Bureau[] = ["BR", "TSB", "BDT", "GS"];
/** What an edit can do. */
export const OPERATIONS = ["add", "set", "text", "move", "remove", "restore"] as const;
/** What an entry can be. */
export const ENTRY_TYPES = [
  "plan_created",
  "actor_bound",
  "change",
  "stage_advanced",
  "access_changed",
  "refused",
  "version_named",
  "version_signed",
  "exported",
  "rule_set",
  "quarantined",
  "set_aside",
] as const;
