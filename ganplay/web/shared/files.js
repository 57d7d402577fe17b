// Bytes as text, and files that come back.

import { inBrowser } from "./storage.js";

export function toText(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

export function toBytes(text) {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
}

// What the browser keeps under a name; null if there is nothing, or it is broken.
export function kept(name, store = inBrowser) {
  try {
    return JSON.parse(store.get(name));
  } catch {
    return null;
  }
}

// Whether it could be kept.
export function keep(name, content, store = inBrowser) {
  return store.set(name, JSON.stringify(content));
}

// The content of a file of ours, or an error.
export async function contentOf(file, kind, most) {
  if (file.size > most) throw new Error("size");
  const content = JSON.parse(await file.text());
  if (content?.ganplay !== kind || content.version !== 1 || !Array.isArray(content[kind])) throw new Error("kind");
  return content[kind];
}

export function fileOf(kind, content) {
  const text = JSON.stringify({ ganplay: kind, version: 1, [kind]: content }, null, 1) + "\n";
  return new Blob([text], { type: "application/json" });
}

// Rows as CSV. Text that a spreadsheet would take for a formula cannot occur: all cells are numbers
// or words of ours.
export function csv(header, rows) {
  return [header, ...rows].map((row) => row.join(",")).join("\n") + "\n";
}

// Give the visitor a file.
export function download(name, blob) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export function save(name, text, type) {
  download(name, new Blob([text], { type }));
}
