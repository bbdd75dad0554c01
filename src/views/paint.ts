type Colour = (text: string) => string;

/** Colours of a terminal: each function wraps a text. */
export interface Paint {
  bold: Colour;
  dim: Colour;
  green: Colour;
  red: Colour;
  yellow: Colour;
}

const same: Colour = (text) => text;

/** No colours: for Markdown. */
export const noPaint: Paint = { bold: same, dim: same, green: same, red: same, yellow: same };
