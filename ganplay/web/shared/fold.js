// Buttons that fold what follows them; the style sheet shows them where there is little room.

export function wireFolds(root) {
  for (const one of root.querySelectorAll(".fold")) {
    one.onclick = () => one.setAttribute("aria-expanded", one.ariaExpanded !== "true");
  }
}
