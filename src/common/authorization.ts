/**
 * @param header the `Authorization` header of a request
 * @returns the key that it carries by the scheme `Token`, in any letter case; undefined for every other header
 */
export function keyOf(header: string | undefined): string | undefined {
  return /^token +(\S+) *$/i.exec(header ?? '')?.[1];
}
