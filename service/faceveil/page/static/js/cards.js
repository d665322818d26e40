// What a model's card says, as the views need it.

/** The levels of a card, the loosest first. */
export const levelsOf = (card) =>
  Object.entries(card.levels).sort(([, one], [, other]) => one.sigma - other.sigma).map(([name]) => name);

/** The sets on which recognition was measured, in the card's order. */
export function setsOf(card) {
  const measured = card.results.filter((one) => one.task === "identity" && one.level in card.levels);
  return [...new Set(measured.map((one) => one.data))];
}

const worstOf = (attacks) => attacks.reduce((most, one) => (most === null || one.rate.rate > most.rate.rate ? one : most), null);

/** What was measured on a set at a level: emotion read, the worst attack, what is proved. */
export function figuresOf(card, data, level, protocol = null) {
  const here = card.results.filter((one) =>
    one.data === data && one.level === level && (protocol === null || one.protocol === protocol));
  const attacks = here.filter((one) => one.task === "identity");
  return {
    emotion: here.find((one) => one.task === "emotion")?.rate ?? null,
    worst: worstOf(attacks),
    attacks: attacks.length,
    hybrid: attacks.find((one) => one.system === "hybrid2face") ?? null,
    codeword: worstOf(attacks.filter((one) => one.system.split(", ")[0] === "codeword")),
  };
}

/** What is proved at a level; null where nothing is. */
export const boundsOf = (card, level) => card.guarantee?.levels[level] ?? null;

/** Which standard expression an embedding is of, counted from 0; null where a card has none. */
export function expressionOf(card, embedding) {
  const words = card.guarantee?.codewords;
  if (!words) return null;
  let best = 0;
  words.forEach((word, index) => {
    if (distance(word, embedding) < distance(words[best], embedding)) best = index;
  });
  return best;
}

/** Euclidean distance. */
export const distance = (one, other) => Math.hypot(...one.map((value, index) => value - other[index]));

/** Whether its terms allow any use. */
export const isFree = (card) => /^any use/i.test(card.terms);
