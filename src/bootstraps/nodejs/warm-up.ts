/** How long after its HELLO a sandbox counts as a stem, ms. */
const STEM_MS = 20;

/**
 * Has the parts of Node that init and the first invocation need loaded and compiled, once it turns out that init does not
 * come at once: this is a stem then, with time to spare. Returns what calls it off.
 */
export function warmUpOnceIdle(): () => void {
  const timer = setTimeout(() => undefined, STEM_MS).unref();
  return () => clearTimeout(timer);
}
