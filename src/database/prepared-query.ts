import pg from 'pg';
import utils from 'pg/lib/utils.js';

/** The parts of a result that `pg` derives from the description of a statement's columns. */
interface Columns {
  readonly fields: unknown;
  readonly _parsers: unknown;
  readonly _prebuiltEmptyResultObject: unknown;
}

/** The columns of the prepared statements of one connection, by the names of the statements. */
export type KnownColumns = Map<string, Columns>;

/** The messages of the protocol that are sent here. */
interface PgConnection {
  bind(message: object): void;
}

/** The parts of a query that the types of `pg` leave out. */
interface Internals extends pg.Submittable {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly portal: string;
  readonly _result: Columns;
  _accumulateRows: boolean;
  handleRowDescription(message: object): void;
  handleError(error: unknown, connection: PgConnection): void;
  prepare(connection: PgConnection): void;
  /** Sends the messages that execute the statement. */
  _getRows(connection: PgConnection): void;
}

type Callback<Row extends object> = (error: Error | null, result: pg.QueryResult<Row>) => void;

const Query = pg.Query as unknown as new (text: string, values: readonly unknown[]) => Internals;

/**
 * A statement that is prepared by name. `pg` asks for the description of its columns at each execution, which takes a
 * tenth of the processor time of a small read. Here each connection asks once: PostgreSQL refuses to execute a prepared
 * statement whose columns have changed.
 */
export class PreparedQuery<Row extends object> extends Query {
  /** @param columns of the connection that sends it */
  constructor(
    readonly name: string,
    text: string,
    values: readonly unknown[],
    private readonly columns: KnownColumns,
    readonly callback: Callback<Row>,
  ) {
    super(text, values);
  }

  override handleRowDescription(message: object): void {
    super.handleRowDescription(message);
    const { fields, _parsers, _prebuiltEmptyResultObject } = this._result;
    this.columns.set(this.name, { fields, _parsers, _prebuiltEmptyResultObject });
  }

  override prepare(connection: PgConnection): void {
    const columns = this.columns.get(this.name);
    if (columns === undefined) {
      super.prepare(connection);
      return;
    }
    Object.assign(this._result, columns);
    this._accumulateRows = true;
    const { portal, name: statement, values } = this;
    try {
      connection.bind({ portal, statement, values, binary: false, valueMapper: utils.prepareValue });
    } catch (error) {
      this.handleError(error, connection);
      return;
    }
    this._getRows(connection);
  }
}
