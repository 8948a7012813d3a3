import { UNREADABLE } from '../../http/input/coercion.js';
import { Field, type FieldType } from '../../http/input/fields.js';
import { instantType } from '../../http/input/instants.js';
import { MembershipType } from '../membership.entity.js';

const TYPES: Readonly<Record<string, MembershipType>> = { admin: MembershipType.ADMIN, member: MembershipType.MEMBER };

/** `ADMIN` or `MEMBER`, in any letter case. */
export const membershipType: FieldType = {
  read: (value) => {
    const name = typeof value === 'string' ? value.toLowerCase() : '';
    return Object.hasOwn(TYPES, name) ? TYPES[name] : UNREADABLE;
  },
  sentence: 'Must be ADMIN or MEMBER.',
  schema: { enum: MembershipType, enumName: 'MembershipType' },
};

/** A limit in time of a membership: an instant or null. */
export const limitField = (description: string): PropertyDecorator =>
  Field(instantType, { nullable: true, example: null, description });
