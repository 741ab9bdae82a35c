/** The port AWS serves its Runtime API on. */
const PORT = 9001;
/** Addresses are handed out from 127.64.0.1 to 127.127.255.254, out of the way of what people use. */
const FIRST_BLOCK = 64;
const BLOCKS = 64;

/**
 * Hands out places for Runtime APIs. On Linux all of 127.0.0.0/8 is the machine itself, so that each sandbox can have
 * an address of its own at the port AWS uses; elsewhere only 127.0.0.1 is, with any free port of the Runtime API's range.
 */
export class LoopbackAddresses {
  #last = Math.floor(Math.random() * BLOCKS * 65_536);

  next(): { readonly host: string; readonly port: number } {
    if (process.platform !== 'linux') return { host: '127.0.0.1', port: 0 };
    this.#last = (this.#last + 1) % (BLOCKS * 65_536);
    // x.0 and x.255 look like networks and broadcasts to some clients.
    const host = 1 + ((this.#last & 0xff) % 254);
    return { host: `127.${FIRST_BLOCK + (this.#last >> 16)}.${(this.#last >> 8) & 0xff}.${host}`, port: PORT };
  }
}
