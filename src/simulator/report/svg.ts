/** A drawing that reads on light and on dark pages, and says in words what it shows. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** What a person who can't see it should know. */
  readonly description: string;
  /** Elements, in the order of painting. */
  readonly body: readonly string[];
}

type Attributes = Readonly<Record<string, string | number>>;

/** Text as it may stand in an element or attribute. Pure. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** One element; numbers are rounded to a tenth. Pure. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const words = Object.entries(attributes).map(([key, value]) => ` ${key}="${typeof value === 'number' ? tenth(value) : escaped(value)}"`);
  return content === undefined ? `<${name}${words.join('')}/>` : `<${name}${words.join('')}>${content}</${name}>`;
}

/** A line of text. Pure. */
export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(content));
}

/** A path through points. Pure. */
export function polyline(points: readonly (readonly [number, number])[], attributes: Attributes): string {
  return element('polyline', { points: points.map(([x, y]) => `${tenth(x)},${tenth(y)}`).join(' '), fill: 'none', ...attributes });
}

/** Sizes of type, px. */
export const FONT = { title: 17, body: 13, small: 11.5 } as const;

/** About how wide a text is, px: fonts differ, so this errs on the wide side. Pure. */
export function textWidth(content: string, size: number = FONT.body): number {
  return content.length * size * 0.58;
}

/** Okabe and Ito's colours, which people with any kind of colour vision tell apart; lighter ones on dark ground. */
const LIGHT = {
  ground: '#ffffff',
  ink: '#1f2328',
  faint: '#59636e',
  line: '#d1d9e0',
  series: ['#6e7781', '#b58900', '#009e73', '#cc79a7', '#d55e00', '#0072b2'],
} as const;
const DARK = {
  ground: '#0d1117',
  ink: '#e6edf3',
  faint: '#9198a1',
  line: '#3d444d',
  series: ['#b1bac4', '#f0e442', '#2fd1a5', '#e7a3c8', '#ff9a57', '#56b4e9'],
} as const;

function sheet(palette: typeof LIGHT | typeof DARK): string {
  const series = palette.series.map((colour, i) => `.f${i}{fill:${colour}}.s${i}{stroke:${colour}}`).join('');
  return `.ground{fill:${palette.ground}}text{fill:${palette.ink}}.faint{fill:${palette.faint}}.grid{stroke:${palette.line}}${series}`;
}

/** The whole file. Pure. */
export function svg({ width, height, title, description, body }: Drawing): string {
  const font = `text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',Helvetica,Arial,sans-serif;font-size:${FONT.body}px}.small{font-size:${FONT.small}px}.title{font-size:${FONT.title}px;font-weight:600}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${tenth(width)}" height="${tenth(height)}" viewBox="0 0 ${tenth(width)} ${tenth(height)}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<style>${font}${sheet(LIGHT)}@media (prefers-color-scheme:dark){${sheet(DARK)}}</style>`,
    element('rect', { class: 'ground', width, height, rx: 6 }),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function tenth(value: number): string {
  return String(Math.round(value * 10) / 10);
}
