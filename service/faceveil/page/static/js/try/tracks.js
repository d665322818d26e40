// What a stream told so far of each face that it follows: its moods over time, what was released.

/** Seconds that are shown. */
export const SPAN_S = 60;
const FORGOTTEN_S = 10; // after which a face that is gone is no longer listed

/** Keeps what was told. */
export class Tracks {
  constructor() {
    this.all = new Map(); // by number
    this.now = 0;
  }

  /** Takes in a frame. */
  see({ at, faces }) {
    this.now = at;
    for (const face of faces) {
      const track = this.all.get(face.track) ?? { number: face.track, course: [] };
      track.course.push({ at, mood: face.mood.label, alone: face.emotion.label });
      while (track.course[0].at < at - SPAN_S) track.course.shift();
      this.all.set(face.track, Object.assign(track, { face, seen: at }));
    }
    for (const [number, { seen }] of this.all) if (seen < at - FORGOTTEN_S) this.all.delete(number);
  }

  /** Those that are listed, the oldest first. */
  get listed() { return [...this.all.values()].sort((one, other) => one.number - other.number); }

  /** Spans of one label each, as `which` (`mood` or `alone`) has it, in parts of the whole. */
  spans({ course }, which) {
    const place = (at) => 1 - (this.now - at) / SPAN_S;
    const spans = [];
    course.forEach((one, index) => {
      const until = course[index + 1]?.at ?? this.now;
      const last = spans.at(-1);
      if (last?.label === one[which] && until - one.at < 1) last.to = place(until);
      else spans.push({ label: one[which], from: place(one.at), to: place(Math.min(until, one.at + 1)) });
    });
    return spans;
  }

  /** Seconds by mood of one face, of those that are shown. */
  shares({ course }) {
    const shares = new Map();
    course.forEach(({ at, mood }, index) => shares.set(mood, (shares.get(mood) ?? 0) + (course[index + 1]?.at ?? this.now) - at));
    return [...shares].sort(([, one], [, other]) => other - one);
  }
}
