// A lecturer's link to a lesson and its step, with parts of the view hidden or locked.

import { measured, writeAddress } from "../shared/address.js";
import { copy } from "../shared/clipboard.js";
import { pageAddress } from "../shared/page-address.js";

const PARTS = ["learn-list", "learn-formula", "learn-question", "learn-seeds", "learn-figure", "learn-controls", "learn-report", "learn-link", "learn-check", "learn-class", "learn-forget", "explore"];

/** @param {import("./learn.js").Learn} learn */
export function wireLinkBox(learn) {
  const { app: { teach }, find } = learn, box = find(".ln-link-box"), field = find(".ln-address");
  const fill = () => {
    const rest = writeAddress({ ...teach.chosen, state: null, rival: null });
    field.value = `${pageAddress()}#${measured([`learn=${learn.place}`, rest].filter(Boolean).join("&"), teach.chosen)}`;
  };
  find(".ln-link").onclick = () => {
    teach.build(find(".ln-parts"), fill, PARTS);
    fill();
    box.showModal();
  };
  find(".ln-copy").onclick = ({ target }) => copy(target, field.value);
}
