/**
 * The data source of TypeORM's own command line (`npx typeorm -d dist/ormconfig.js migration:show`).
 * Importing this file opens the database, so nothing else may import it.
 */
import { readEnvironment } from './src/config/environment.js';
import { openDatabase } from './src/database/open-database.js';

export default await openDatabase(readEnvironment(process.env));
