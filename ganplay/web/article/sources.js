// The works that the article cites: by whom and when, what they are called, and where they can be read.

import { t } from "../shared/i18n.js";

export const SOURCES = {
  goodfellow: { names: ["Goodfellow"], more: true, year: 2014, work: "Generative Adversarial Nets", venue: "NeurIPS", arxiv: "1406.2661" },
  salimans: { names: ["Salimans"], more: true, year: 2016, work: "Improved Techniques for Training GANs", venue: "NeurIPS", arxiv: "1606.03498" },
  arjovsky_bottou: { names: ["Arjovsky", "Bottou"], more: false, year: 2017, work: "Towards Principled Methods for Training Generative Adversarial Networks", venue: "ICLR", arxiv: "1701.04862" },
  arjovsky: { names: ["Arjovsky"], more: true, year: 2017, work: "Wasserstein Generative Adversarial Networks", venue: "ICML", arxiv: "1701.07875" },
  gulrajani: { names: ["Gulrajani"], more: true, year: 2017, work: "Improved Training of Wasserstein GANs", venue: "NeurIPS", arxiv: "1704.00028" },
  heusel: { names: ["Heusel"], more: true, year: 2017, work: "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", venue: "NeurIPS", arxiv: "1706.08500" },
  metz: { names: ["Metz"], more: true, year: 2017, work: "Unrolled Generative Adversarial Networks", venue: "ICLR", arxiv: "1611.02163" },
  karras: { names: ["Karras"], more: true, year: 2018, work: "Progressive Growing of GANs for Improved Quality, Stability, and Variation", venue: "ICLR", arxiv: "1710.10196" },
  mescheder: { names: ["Mescheder"], more: true, year: 2018, work: "Which Training Methods for GANs do actually Converge?", venue: "ICML", arxiv: "1801.04406" },
  miyato: { names: ["Miyato"], more: true, year: 2018, work: "Spectral Normalization for Generative Adversarial Networks", venue: "ICLR", arxiv: "1802.05957" },
};

export const addressOf = ({ arxiv }) => `https://arxiv.org/abs/${arxiv}`;

// As in a text: "Goodfellow et al. 2014".
/** @param {{ names: string[], more: boolean, year: number }} work */
export function citation({ names, more, year }) {
  const [name, other] = names;
  return more ? t("article.cite.more", { name, year }) : t("article.cite.two", { name, other, year });
}

// A text in pieces: what stands between citations, and in place of each `{key}` what `cite(key)` gives.
/** @param {string} text @param {(key: string) => any} cite @returns {any[]} */
export function withCitations(text, cite) {
  return text.split(/\{(\w+)\}/).map((piece, i) => (i % 2 ? cite(piece) : piece)).filter((piece) => piece !== "");
}
