import { UNREADABLE } from '../http/input/coercion.js';
import type { FieldType } from '../http/input/fields.js';
import { isJpeg } from './jpeg.js';

/** Exclusive upper bound for the size of a picture, in bytes. */
export const PICTURE_LIMIT = 2_097_152;

export const PICTURE_TOO_LARGE = `Must be smaller than ${PICTURE_LIMIT.toLocaleString('en')} bytes.`;

const PICTURE_URL = /\/api\/v2\/pictures\/[0-9a-f]{64}$/;

/**
 * A JPEG as a part of `multipart/form-data`, or null to remove the picture. The URL that GET returns is accepted and
 * changes nothing, so that clients can send the object back.
 */
export const pictureType: FieldType = {
  read: (value) => {
    if (value instanceof Buffer) return value;
    return typeof value === 'string' && PICTURE_URL.test(value) ? undefined : UNREADABLE;
  },
  sentence: 'Must be a JPEG file in a part of multipart/form-data, the URL of the current picture, or null.',
  check: (content: Buffer) => {
    if (content.length >= PICTURE_LIMIT) return PICTURE_TOO_LARGE;
    return isJpeg(content)
      ? undefined
      : 'Must be a JPEG; the content of this file is something else, regardless of its name or type.';
  },
  schema: { type: 'string', format: 'binary' },
};
