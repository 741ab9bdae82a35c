/** A `${NAME}` in a text, which stands for the value of a variable; the group is its name. */
export const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const WHOLE = new RegExp(`^${REFERENCE.source}$`);

/** Returns the variable to which a text refers that is one `${NAME}` and nothing else; undefined for others. Pure. */
export function referredVariable(text: string): string | undefined {
  return WHOLE.exec(text)?.[1];
}
