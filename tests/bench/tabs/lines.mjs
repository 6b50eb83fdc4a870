// What is between a browser and the world, and can be cut: a proxy with the address that the other side sees.
import { Cutter } from '../../e2e/support/cutter.mjs';

// nginx's ip_hash looks at the first three parts of an address.
const address = (n) => `127.${10 + Math.floor(n / 250)}.${n % 250}.1`;
const kAddresses = 50_000;

export class Line extends Cutter {
  cut_at = -Infinity; // by performance.now()

  /**
   * @param n of the browser
   * @param addresses own (of each browser), moving (another one after each cut), or one (of all)
   */
  constructor(port, { n, addresses, random = Math.random }) {
    super(port, {});
    this.anywhere = () => address(Math.floor(random() * kAddresses));
    this.moving = addresses === 'moving';
    if (addresses !== 'one') this.from = this.moving ? this.anywhere() : address(n);
  }

  cut() {
    this.cut_at = performance.now();
    if (this.moving) this.from = this.anywhere();
    super.cut();
  }
}
