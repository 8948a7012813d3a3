import { OtherSchema } from './errors.js';
import { FORMAT_VERSION, type Header } from './format.js';

/**
 * @param given the header of the file
 * @param here the header that an export of this database would have
 * @throws OtherSchema the schemas differ
 */
export function requireSameSchema(given: Header, here: Header): void {
  if (given.version !== FORMAT_VERSION) {
    throw new OtherSchema(`its format is version ${String(given.version)}, not ${String(FORMAT_VERSION)}`);
  }
  const onlyGiven = given.migrations.filter((name) => !here.migrations.includes(name));
  const onlyHere = here.migrations.filter((name) => !given.migrations.includes(name));
  if (onlyGiven.length > 0) throw new OtherSchema(`only the export has ${onlyGiven.join(', ')}`);
  if (onlyHere.length > 0) throw new OtherSchema(`only the database has ${onlyHere.join(', ')}`);
  if (JSON.stringify(given.tables) !== JSON.stringify(here.tables)) {
    throw new OtherSchema('its tables have other columns');
  }
}
