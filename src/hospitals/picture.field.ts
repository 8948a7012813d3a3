import { imageSize } from 'image-size';
import { UNREADABLE } from '../common/coercion.js';
import type { FieldType } from '../common/fields.js';

/** A picture must be smaller than this many bytes. */
export const PICTURE_LIMIT = 2_097_152;

const PICTURE_URL = /\/api\/v2\/pictures\/[0-9a-f]{64}$/;

/**
 * A JPEG in a part of `multipart/form-data`, or null to remove the present one. A URL such as GET
 * answers is taken and changes nothing, so that an object can be sent back.
 */
export const pictureType: FieldType = {
  read: (value) => {
    if (value instanceof Buffer) return value;
    return typeof value === 'string' && PICTURE_URL.test(value) ? undefined : UNREADABLE;
  },
  sentence: 'Must be a JPEG file in a part of multipart/form-data, the URL of the present picture, or null.',
  check: (content: Buffer) => {
    if (content.length >= PICTURE_LIMIT) return `Must be smaller than ${PICTURE_LIMIT.toLocaleString('en')} bytes.`;
    return isJpeg(content) ? undefined : 'Must be a JPEG; this file is not one, whatever its name or type says.';
  },
  schema: { type: 'string', format: 'binary' },
};

/** The markers between which a JPEG is. */
const START = Buffer.from([0xff, 0xd8, 0xff]);
const END = Buffer.from([0xff, 0xd9]);

/** @returns whether the content begins as a JPEG does, has the marker of its end, and a header that can be decoded */
function isJpeg(content: Buffer): boolean {
  if (!content.subarray(0, 3).equals(START) || !content.includes(END)) return false;
  try {
    const { type, width, height } = imageSize(content);
    return type === 'jpg' && width > 0 && height > 0;
  } catch {
    return false;
  }
}
