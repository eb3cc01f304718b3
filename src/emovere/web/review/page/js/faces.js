// Faces as they are needed: fetched in blocks, the last few thousand kept.

import { query, request } from "/page/js/api.js";

const SIDE = 48;
const PIXELS = SIDE * SIDE;
const BLOCK = 128;
const KEPT = 6000;

/** Tells `faces` when some have come. A face: at, key, label, hints, mine, cropped, others, about, pixels. */
export class Faces extends EventTarget {
  constructor(labeller) {
    super();
    this.labeller = labeller;
    this.known = new Map();
    this.coming = new Map();
  }

  /** The face at a position of the queue, or undefined while it has not come. */
  at(position) {
    return this.known.get(position);
  }

  /** Fetches those of some positions that are not there; resolves when all are. Raises Problem. */
  async need(positions) {
    const missing = positions.filter((position) => !this.known.has(position) && !this.coming.has(position));
    for (let start = 0; start < missing.length; start += BLOCK) this.#fetch(missing.slice(start, start + BLOCK));
    await Promise.all(new Set(positions.map((position) => this.coming.get(position)).filter(Boolean)));
  }

  /** Fetches faces anew, as others may have voted on them. */
  async again(positions) {
    await Promise.all(positions.map((position) => this.coming.get(position)));
    this.#fetch(positions);
    await Promise.all(positions.map((position) => this.coming.get(position)));
  }

  #fetch(positions) {
    const fetched = this.#read(positions).finally(() => {
      for (const position of positions) if (this.coming.get(position) === fetched) this.coming.delete(position);
    });
    // whoever needs the faces is told; a block that was only fetched in advance is asked for again later
    fetched.catch(() => null);
    for (const position of positions) this.coming.set(position, fetched);
  }

  async #read(positions) {
    const path = `/v1/review/faces${query({ at: positions.join(","), labeller: this.labeller })}`;
    const data = await (await request(path)).arrayBuffer();
    const length = new DataView(data).getUint32(0, true);
    const found = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    found.forEach((face, place) => {
      // a copy, so that what is let go of takes its pixels along
      face.pixels = new Uint8Array(data.slice(4 + length + place * PIXELS, 4 + length + (place + 1) * PIXELS));
      this.known.delete(face.at);
      this.known.set(face.at, face);
    });
    for (const position of this.known.keys()) {
      if (this.known.size <= KEPT) break;
      this.known.delete(position);
    }
    this.dispatchEvent(new CustomEvent("faces", { detail: positions }));
  }
}

/** Positions of the faces that are asked for. */
export async function listed(labeller, filters) {
  const answer = await request(`/v1/review/list${query({ labeller, ...filters })}`);
  return new Uint32Array(await answer.arrayBuffer());
}

/** Draws a face on a canvas of 48 x 48. */
export function paint(canvas, face) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(SIDE, SIDE);
  const words = new Uint32Array(picture.data.buffer);
  for (let place = 0; place < PIXELS; place += 1) words[place] = 0xff000000 | (face.pixels[place] * 0x010101);
  context.putImageData(picture, 0, 0);
}
