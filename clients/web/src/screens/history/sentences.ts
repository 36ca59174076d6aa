// What entries did, as sentences without their subject: the words of the catalogue put together.

import { type Deed, deedsOf } from "../../history/deeds";
import type { Names } from "../../history/names";
import type { Entry, Restores } from "../../history/types";
import { showBytes, showNumber, t } from "../../strings";
import type { Access } from "../../api/schema";

/** Names of kinds and fields as people read them. */
export const plainName = (name: string): string => name.replaceAll("_", " ");

/** The words that names are made of. */
export const nameWords = { ...t.past.names, kind: plainName };

/** Exports of the plan as it stood, and not of a stretch of its past. */
const OF_A_POINT: ReadonlySet<string> = new Set(["plan", "lines", "stratml"]);

export function deedSentence(deed: Deed, names: Names): string {
  const field = deed.lang === undefined ? plainName(deed.field) : t.past.fieldIn(plainName(deed.field), deed.lang);
  return t.past.deeds[deed.verb](names.of(deed.element, deed.kind), field);
}

/** What an entry is besides its deeds; empty where they say it all. */
export function actSentence(entry: Entry, names: Names): string {
  const acts = t.past.acts;
  switch (entry.type) {
    case "plan_created":
      return acts.plan_created(entry.title, t.stages[entry.stage]);
    case "actor_bound":
      return entry.thin ? acts.actor_bound_thin : acts.actor_bound;
    case "stage_advanced":
      return entry.despite
        ? acts.stage_despite(t.stages[entry.from], t.stages[entry.to], Object.entries(entry.despite).map(([rule, count]) => `${rule} ${showNumber(count)}`).join(", "))
        : acts.stage_advanced(t.stages[entry.from], t.stages[entry.to]);
    case "access_changed":
      return entry.to === "everybody" ? acts.opened : acts.narrowed(readers(entry.to));
    case "refused":
      return entry.count ? acts.refusedMore(showNumber(entry.count), entry.reason) : acts.refused(entry.reason);
    case "version_named":
      return acts.version_named(showNumber(entry.covers.seq), entry.version);
    case "version_signed":
      return acts.version_signed(entry.version, showNumber(entry.covers.seq), t.past.meanings[entry.meaning]);
    case "exported": {
      const size = showBytes(entry.bytes);
      const what = t.past.formats[entry.format];
      const [from, to] = [showNumber(entry.from), showNumber(entry.to)];
      if (entry.content) {
        const content = t.past.contents[entry.content];
        return entry.from === entry.to
          ? acts.exported_content(content, what, to, size)
          : acts.exported_marked(content, what, from, to, size);
      }
      return OF_A_POINT.has(entry.format) ? acts.exported_plan(what, to, size) : acts.exported(what, from, to, size);
    }
    case "rule_set":
      return acts.rule_set(entry.rule, t.past.settings[entry.from], t.past.settings[entry.to]);
    case "quarantined":
      return acts.quarantined(showNumber(entry.seqs.length), entry.seqs.length === 1, entry.reason);
    case "set_aside":
      return acts.set_aside(showNumber(entry.by));
    case "change": {
      if (entry.restores) return restoredSentence(entry.restores, names);
      return entry.edits.length === 0 ? acts.nothing : "";
    }
  }
}

export function restoredSentence(restores: Restores, names: Names): string {
  const { element, field, lang } = restores.scope;
  const ofField = lang ? t.past.fieldIn(plainName(field ?? ""), lang) : plainName(field ?? "");
  const what = !element ? t.past.acts.wholePlan : field ? t.past.of(ofField, names.of(element)) : names.of(element);
  return t.past.acts.restored(what, showNumber(restores.seq));
}

/** All that an entry did in one line, for those who listen and for short places. */
export function entrySentence(entry: Entry, names: Names): string {
  const deeds = deedsOf(entry);
  const first = deeds.slice(0, 2).map((deed) => deedSentence(deed, names));
  const more = deeds.length > 2 ? [t.past.moreDeeds(showNumber(deeds.length - 2))] : [];
  return [actSentence(entry, names), ...first, ...more].filter(Boolean).join("; ");
}

function readers(access: Exclude<Access, "everybody">): string {
  const { roles = [], bureaux = [], subjects = [] } = access.only;
  return [...roles.map((role) => t.roles[role]), ...bureaux, ...subjects].join(", ") || t.past.names.nothing;
}
