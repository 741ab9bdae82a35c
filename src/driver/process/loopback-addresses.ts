/** The Runtime API's port on AWS. */
const PORT = 9001;
/** Addresses range from 127.64.0.1 to 127.127.255.254, clear of those in common use. */
const FIRST_BLOCK = 64;
const BLOCKS = 64;

/**
 * Allocates listen addresses for Runtime APIs. On Linux all of 127.0.0.0/8 is loopback, so each sandbox gets its own
 * address at AWS's port; elsewhere 127.0.0.1 with a free port.
 */
export class LoopbackAddresses {
  #last = Math.floor(Math.random() * BLOCKS * 65_536);

  next(): { readonly host: string; readonly port: number } {
    if (process.platform !== 'linux') return { host: '127.0.0.1', port: 0 };
    this.#last = (this.#last + 1) % (BLOCKS * 65_536);
    // Some clients take x.0 and x.255 for network and broadcast addresses.
    const host = 1 + ((this.#last & 0xff) % 254);
    return { host: `127.${FIRST_BLOCK + (this.#last >> 16)}.${(this.#last >> 8) & 0xff}.${host}`, port: PORT };
  }
}
