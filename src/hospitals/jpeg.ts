/** The second bytes of markers (ITU-T T.81, table B.1). */
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const TEM = 0x01;
const FIRST_RST = 0xd0;
const LAST_RST = 0xd7;
const FIRST_SOF = 0xc0;
const LAST_SOF = 0xcf;

/** Markers in the SOF range that do not start a frame: DHT, JPG and DAC. */
const NO_FRAMES = [0xc4, 0xc8, 0xcc];

/**
 * Checks the structure from marker to marker, without decoding anything.
 * @returns whether the content is a JPEG with a width, a height, a scan and an end; trailing bytes are ignored
 */
export function isJpeg(content: Buffer): boolean {
  if (content[0] !== 0xff || content[1] !== SOI) return false;
  let [hasFrame, hasScan] = [false, false];
  for (let at = 2; ;) {
    if (content[at] !== 0xff) return false;
    // Any number of fill bytes may precede a marker.
    while (content[at] === 0xff) at += 1;
    const marker = content[at];
    at += 1;
    if (marker === EOI) return hasFrame && hasScan;
    if (isStandalone(marker)) continue;
    const length = segmentLength(content, at);
    if (marker === undefined || marker === 0 || marker === SOI || length === undefined) return false;
    if (isFrame(marker)) {
      if (length < 8 || content.readUInt16BE(at + 3) === 0 || content.readUInt16BE(at + 5) === 0) return false;
      hasFrame = true;
    }
    at += length;
    if (marker === SOS) {
      hasScan = true;
      at = endOfScan(content, at);
    }
  }
}

/**
 * @param at offset of the segment's length field
 * @returns the length in bytes, or undefined if it is invalid or exceeds the content
 */
function segmentLength(content: Buffer, at: number): number | undefined {
  if (at + 2 > content.length) return undefined;
  const length = content.readUInt16BE(at);
  return length >= 2 && at + length <= content.length ? length : undefined;
}

function isFrame(marker: number): boolean {
  return marker >= FIRST_SOF && marker <= LAST_SOF && !NO_FRAMES.includes(marker);
}

/** Whether the marker is not followed by a segment. */
function isStandalone(marker: number | undefined): boolean {
  return marker === TEM || isRestart(marker);
}

function isRestart(marker: number | undefined): boolean {
  return marker !== undefined && marker >= FIRST_RST && marker <= LAST_RST;
}

/**
 * @returns the offset of the first marker after a scan; in scan data, 0xFF is followed by 0 or starts a restart marker
 */
function endOfScan(content: Buffer, start: number): number {
  for (let at = start; at < content.length; at += 1) {
    if (content[at] !== 0xff) continue;
    const next = content[at + 1];
    if (next !== 0 && !isRestart(next)) return at;
  }
  return content.length;
}
