/** What the names of types promise, which the compiler checks: every member that the document has. */

import type { AuditResult, Card } from "../src/index.js";
import type { components } from "../src/schema.js";

type Whole<One, Other> = keyof Other extends keyof One ? true : never;

const card: Whole<Card, components["schemas"]["Card"]> = true;
const result: Whole<AuditResult, components["schemas"]["AuditResult"]> = true;

export const told = (one: Card, other: AuditResult) => [
  card,
  result,
  one.guarantee?.levels["balanced"]?.named["1000"],
  one.training.data[0]?.terms,
  other.attackers[0]?.cmc[0],
  other.open_set?.eer,
];
