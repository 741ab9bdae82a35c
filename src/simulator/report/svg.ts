/**
 * An SVG drawing for light and dark pages: with its own background, the colours of both, and a text alternative.
 */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** Text alternative. */
  readonly description: string;
  /** Elements in painting order. */
  readonly body: readonly string[];
}

type Attributes = Readonly<Record<string, string | number>>;

/** Escapes text for an element or attribute. Pure. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Renders an element; numbers are rounded to a tenth. Pure. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const words = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${typeof value === 'number' ? tenth(value) : escaped(value)}"`,
  );
  return content === undefined ? `<${name}${words.join('')}/>` : `<${name}${words.join('')}>${content}</${name}>`;
}

/** Renders a line of text. Pure. */
export function text(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escaped(content));
}

/** Renders a path through points. Pure. */
export function polyline(points: readonly (readonly [number, number])[], attributes: Attributes): string {
  return element('polyline', {
    points: points.map(([x, y]) => `${tenth(x)},${tenth(y)}`).join(' '),
    fill: 'none',
    ...attributes,
  });
}

/** Font sizes (px). */
export const FONT = { title: 17, body: 13, small: 11.5 } as const;
const WIDTH_OF_CHARACTER = 0.58;

/** Estimates the width of a text (px), generously because fonts differ. Pure. */
export function textWidth(content: string, size: number): number {
  return content.length * size * WIDTH_OF_CHARACTER;
}

/**
 * Colours on light and dark pages. The named ones are Okabe and Ito's, which are distinguishable with any kind of
 * colour vision; lighter on dark pages.
 */
const COLOURS = {
  ground: { light: '#ffffff', dark: '#0d1117' },
  ink: { light: '#1f2328', dark: '#e6edf3' },
  faint: { light: '#59636e', dark: '#9198a1' },
  line: { light: '#d1d9e0', dark: '#3d444d' },
  blue: { light: '#0072b2', dark: '#56b4e9' },
  grey: { light: '#6e7781', dark: '#b1bac4' },
  orange: { light: '#d55e00', dark: '#ff9a57' },
  green: { light: '#009e73', dark: '#2fd1a5' },
  pink: { light: '#cc79a7', dark: '#e7a3c8' },
  yellow: { light: '#b58900', dark: '#f0e442' },
} as const;

type Colour = keyof typeof COLOURS;
type Page = keyof (typeof COLOURS)[Colour];
type Paint = Readonly<Partial<Record<'fill' | 'stroke', Colour>>>;

/**
 * Style of the drawings of one report, besides the common parts: a background, `text`, and the classes `faint`, `grid`,
 * `title`, `small`.
 */
export interface Palette {
  /** The classes `f0`, `f1` ... are filled with these, the strokes of `s0`, `s1` ... have them. */
  readonly series: readonly Colour[];
  /** Further classes and their colours. */
  readonly classes?: Readonly<Record<string, Paint>>;
  /** Style rules that need no colour. */
  readonly rules?: string;
}

function rule(selector: string, paint: Paint, page: Page): string {
  const colours = Object.entries(paint).map(([property, colour]) => `${property}:${COLOURS[colour][page]}`);
  return `${selector}{${colours.join(';')}}`;
}

function colours({ series, classes = {} }: Palette, page: Page): string {
  return [
    rule('.ground', { fill: 'ground' }, page),
    rule('text', { fill: 'ink' }, page),
    rule('.faint', { fill: 'faint' }, page),
    rule('.grid', { stroke: 'line' }, page),
    ...Object.entries(classes).map(([name, paint]) => rule(`.${name}`, paint, page)),
    ...series.map((colour, i) => rule(`.f${i}`, { fill: colour }, page) + rule(`.s${i}`, { stroke: colour }, page)),
  ].join('');
}

/** Renders the whole file. Pure. */
export function svg({ width, height, title, description, body }: Drawing, palette: Palette): string {
  const type = `text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',Helvetica,Arial,sans-serif;font-size:${FONT.body}px}.small{font-size:${FONT.small}px}.title{font-size:${FONT.title}px;font-weight:600}${palette.rules ?? ''}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${tenth(width)}" height="${tenth(height)}" viewBox="0 0 ${tenth(width)} ${tenth(height)}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escaped(title)}</title>`,
    `<desc id="description">${escaped(description)}</desc>`,
    `<style>${type}${colours(palette, 'light')}@media (prefers-color-scheme:dark){${colours(palette, 'dark')}}</style>`,
    element('rect', { class: 'ground', width, height, rx: 6 }),
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function tenth(value: number): string {
  return String(Math.round(value * 10) / 10);
}
