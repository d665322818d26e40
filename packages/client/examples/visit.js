/**
 * A visit of one person, from the first picture to the erasure:
 *
 *     node examples/visit.js http://127.0.0.1:8000 face.jpg
 *
 * The server must store (FACEVEIL_STORE__RETENTION_DAYS). Node before 22 needs --experimental-websocket.
 */

import { openAsBlob } from "node:fs";

import { FaceVeil, Problem } from "@faceveil/client";

const [, , url, file] = process.argv;
const server = new FaceVeil({ url, key: process.env.FACEVEIL_KEY });
const picture = await openAsBlob(file);

const { faces } = await server.anonymize(picture, { level: "strict" });
console.log("reads", faces[0].emotion.label);

for await (const told of server.stream([picture, picture, picture], { vectors: 1 })) {
  if (told.type === "frame") console.log("follows", told.faces[0].track, told.faces[0].mood.label);
  if (told.type === "ended") console.log("released", told.released);
}

const { feature_id } = await server.store(picture, "patient 17", { session: "visit-1" });
const kept = await server.lookUpSubject("patient 17");
for await (const feature of server.features({ subject: kept.subject }))
  if (feature.id === feature_id) console.log("keeps", feature.session, feature.emotion);

const receipt = await server.eraseSubject("patient 17");
console.log("erased", receipt.features);

try {
  await server.anonymize(new Blob(["no picture"]));
} catch (problem) {
  if (!(problem instanceof Problem)) throw problem;
  console.log("refuses", problem.kind);
}
