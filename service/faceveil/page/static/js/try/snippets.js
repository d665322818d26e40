// What was just done, as code to copy.

import { address, signedIn } from "../api.js";
import { el, fill, segments } from "../dom.js";
import { t } from "../texts.js";

const LANGUAGES = [
  { value: "curl", label: "curl" },
  { value: "python", label: "Python" },
  { value: "typescript", label: "TypeScript" },
];

function codeOf(language, level) {
  const base = address(".").replace(/\/$/, "");
  const keyed = signedIn();
  if (language === "curl") {
    return `curl ${keyed ? "-H \"X-API-Key: $FACEVEIL_KEY\" " : ""}-F image=@face.jpg \\\n  '${base}/v1/anonymize?faces=all&level=${level}'`;
  }
  if (language === "python") {
    return [
      ...(keyed ? ["import os", ""] : []),
      "from faceveil import Client",
      "",
      `with Client("${base}"${keyed ? ', key=os.environ["FACEVEIL_KEY"]' : ""}) as client:`,
      `    answer = client.anonymize("face.jpg", faces="all", level="${level}")`,
      "    for face in answer.faces:",
      "        print(face.emotion.label, face.embedding)",
    ].join("\n");
  }
  return [
    "const form = new FormData();",
    'form.append("image", picture, "face.jpg");  // picture: a File or Blob',
    `const answer = await fetch("${base}/v1/anonymize?faces=all&level=${level}", {`,
    '  method: "POST",',
    ...(keyed ? ["  headers: { \"X-API-Key\": key },"] : []),
    "  body: form,",
    "});",
    "if (!answer.ok) throw new Error((await answer.json()).detail);",
    "for (const face of (await answer.json()).faces) console.log(face.emotion.label, face.embedding);",
  ].join("\n");
}

let chosen = "curl";

/** A card with the code of the request that was made. */
export function snippets(level) {
  const code = el("code", {});
  const said = el("span", { className: "quiet", role: "status" });
  const draw = () => { code.textContent = codeOf(chosen, level); said.textContent = ""; };
  const copy = el("button", { type: "button", className: "small", textContent: t("copy"), onclick: async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      said.textContent = t("copied");
    } catch {
      getSelection().selectAllChildren(code);
      said.textContent = t("copy.select");
    }
  } });
  const box = el("section", { className: "card" });
  draw();
  return fill(box,
    el("h2", { textContent: t("code.title") }),
    segments(t("code.language"), LANGUAGES, chosen, (one) => { chosen = one; draw(); }, { shown: false }),
    el("pre", { className: "code-box", tabIndex: 0, role: "region", ariaLabel: t("code.title") }, code),
    el("div", { className: "row" }, copy, said),
    signedIn() ? el("p", { className: "quiet", textContent: t("code.key") }) : null);
}
