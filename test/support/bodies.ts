/** The fields that a hospital must have. */
export const HOSPITAL = { name: 'Hospital', patron: 'HOSPITAL', location: 'Monterrey', contact: '81' };

let number = 0;

/**
 * @param extra fields besides those that a medic must have, or instead of them
 * @returns the body that creates a medic, with an email that no other medic has
 */
export function medicBody(extra: object = {}): { name: string; email: string; password: string } {
  number += 1;
  const email = `new.medic.${String(number)}@example.org`;
  return { name: 'New Medic', email, password: 'correct horse battery staple', ...extra };
}

/** @returns the fields as a form that is sent urlencoded */
export function formOf(fields: object): URLSearchParams {
  return new URLSearchParams(Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]));
}
