/** The required fields of a hospital. */
export const HOSPITAL = { name: 'Hospital', patron: 'HOSPITAL', location: 'Monterrey', contact: '81' };

let number = 0;

/**
 * @param extra fields in addition to the required fields of a medic, or instead of them
 * @returns a body that creates a medic with a unique email
 */
export function medicBody(extra: object = {}): { name: string; email: string; password: string } {
  number += 1;
  const email = `new.medic.${String(number)}@example.org`;
  return { name: 'New Medic', email, password: 'correct horse battery staple', ...extra };
}

/** @returns the fields as a URL-encoded form */
export function formOf(fields: object): URLSearchParams {
  return new URLSearchParams(Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]));
}
