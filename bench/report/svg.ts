/**
 * A drawing in SVG that reads on light and on dark pages: it brings its own ground and two palettes, says in words what it shows,
 * and tells series apart by shape or label as well as by colour.
 */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** What a person who can't see it should know. */
  readonly description: string;
  /** Elements, in the order of painting. */
  readonly body: readonly string[];
}

export type Attributes = Readonly<Record<string, string | number>>;

/** Text as it may stand in an element or attribute. Pure. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** One element; numbers are rounded to a tenth. Pure. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const words = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escaped(value)}"`,
  );
  return content === undefined ? `<${name}${words.join('')}/>` : `<${name}${words.join('')}>${content}</${name}>`;
}

/** A line of text. Pure. */
export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(content));
}

/** A path through points. Pure. */
export function polyline(points: readonly (readonly [number, number])[], attributes: Attributes): string {
  return element('polyline', { points: points.map(([x, y]) => `${rounded(x)},${rounded(y)}`).join(' '), fill: 'none', ...attributes });
}

/** A size of type, px; and about how wide a character of it is. */
export const FONT = { title: 17, body: 13, small: 11.5 } as const;
const WIDTH_OF_CHARACTER = 0.58;

/** About how wide a text is, px: fonts differ, so this errs on the wide side. Pure. */
export function textWidth(content: string, size: number): number {
  return content.length * size * WIDTH_OF_CHARACTER;
}

/** Okabe and Ito's colours, which people with any kind of colour vision tell apart; lighter ones on dark ground. */
const LIGHT = {
  ground: '#ffffff',
  ink: '#1f2328',
  faint: '#59636e',
  line: '#d1d9e0',
  good: '#0072b2',
  bad: '#d55e00',
  gate: '#1f2328',
  series: ['#0072b2', '#6e7781', '#d55e00', '#009e73', '#cc79a7', '#b58900'],
} as const;
const DARK = {
  ground: '#0d1117',
  ink: '#e6edf3',
  faint: '#9198a1',
  line: '#3d444d',
  good: '#56b4e9',
  bad: '#ff9a57',
  gate: '#e6edf3',
  series: ['#56b4e9', '#b1bac4', '#ff9a57', '#2fd1a5', '#e7a3c8', '#f0e442'],
} as const;

/** Series that can be told apart by colour; further ones begin again. */
export const SERIES = LIGHT.series.length;

function styles(palette: typeof LIGHT | typeof DARK): string {
  const series = palette.series.map((colour, i) => `.f${i}{fill:${colour}}.s${i}{stroke:${colour}}`).join('');
  return [
    `.ground{fill:${palette.ground}}`,
    `text{fill:${palette.ink}}`,
    `.faint{fill:${palette.faint}}`,
    `.grid{stroke:${palette.line}}`,
    `.good{fill:${palette.good}}`,
    `.bad{fill:${palette.bad}}`,
    `.gate{stroke:${palette.gate}}`,
    `.mark{fill:${palette.gate};stroke:${palette.ground}}`,
    series,
  ].join('');
}

/** The whole file. Pure. */
export function svg({ width, height, title, description, body }: Drawing): string {
  const sheet = `text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',Helvetica,Arial,sans-serif;font-size:${FONT.body}px}.small{font-size:${FONT.small}px}.title{font-size:${FONT.title}px;font-weight:600}.num{font-variant-numeric:tabular-nums}${styles(LIGHT)}@media (prefers-color-scheme:dark){${styles(DARK)}}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${rounded(width)}" height="${rounded(height)}" viewBox="0 0 ${rounded(width)} ${rounded(height)}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<style>${sheet}</style>`,
    element('rect', { class: 'ground', width, height, rx: 6 }),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
