import type { DataSource } from 'typeorm';
import { hashPassword } from '../auth/password.js';
import type { TokensService } from '../auth/tokens.service.js';
import { InputPipe } from '../http/input/input.pipe.js';
import { OPERATOR } from '../database/actor.js';
import { standAloneReads } from '../database/pool.js';
import { inTransaction } from '../database/transaction.js';
import { OperatorMedicDto, OperatorPasswordDto } from './dto/medic.dtos.js';
import {
  MEDIC_COLUMNS,
  MEDIC_SOURCE,
  toMedicResponse,
  type MedicResponse,
  type MedicRow,
} from './dto/medic.response.js';
import { emailKeyOf, Medic } from './medic.entity.js';
import { insertMedic } from './new-medic.js';
import { OperatorError } from '../common/errors.js';

/** A command names an email that no medic has. */
export class NoSuchMedic extends OperatorError {
  constructor() {
    super('There is no medic with this email; `medic list` shows them all.');
  }
}

/** Medics for the operator commands. The operator is not a medic, so no rights are checked. */
export class OperatorMedics {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Creates a medic without a creator.
   * @param input name, email and optionally a password, validated like those of the HTTP API
   * @param tokens issues the key
   * @returns the id and the key of the medic
   * @throws InvalidFields a field is invalid
   * @throws EmailTaken another medic has the email
   */
  async create(input: object, tokens: TokensService): Promise<{ id: number; token: string }> {
    const metadata = { type: 'body', metatype: OperatorMedicDto } as const;
    const { name, email, password } = (await new InputPipe().transform(input, metadata)) as OperatorMedicDto;
    const passwordHash = password === undefined ? null : await hashPassword(password);
    return inTransaction(this.dataSource, OPERATOR, async (transaction) => {
      const id = await insertMedic(transaction, { name, email, passwordHash });
      return { id, token: await tokens.issue(transaction, id, { label: 'created' }) };
    });
  }

  /**
   * @returns the id of the medic with this email, ignoring case
   * @throws NoSuchMedic
   */
  async idOf(email: string): Promise<number> {
    const medic = await this.dataSource.manager.findOneBy(Medic, { emailKey: emailKeyOf(email) });
    if (medic === null) throw new NoSuchMedic();
    return medic.id;
  }

  /**
   * @param after only medics with an id greater than this
   * @param limit upper bound of the length
   * @returns medics, ordered by id
   */
  list(after: number, limit: number): Promise<MedicResponse[]> {
    return this.read('WHERE m.id > $1 ORDER BY m.id LIMIT $2', [after, limit]);
  }

  /** @throws NoSuchMedic */
  async show(email: string): Promise<MedicResponse> {
    const [medic] = await this.read('WHERE m.email_key = $1', [emailKeyOf(email)]);
    if (medic === undefined) throw new NoSuchMedic();
    return medic;
  }

  /**
   * Activates or deactivates an account. The keys of an inactive account are rejected.
   * @returns the id of the medic
   * @throws NoSuchMedic
   */
  setActive(email: string, isActive: boolean): Promise<number> {
    return this.update(email, { isActive });
  }

  /**
   * Replaces the password of a medic. Live keys stay valid.
   * @returns the id of the medic
   * @throws NoSuchMedic
   * @throws InvalidFields the password is invalid
   */
  async setPassword(email: string, input: object): Promise<number> {
    const metadata = { type: 'body', metatype: OperatorPasswordDto } as const;
    const { password } = (await new InputPipe().transform(input, metadata)) as OperatorPasswordDto;
    return this.update(email, { passwordHash: await hashPassword(password) });
  }

  /**
   * Sets `specialty_verified`.
   * @returns the id of the medic
   * @throws NoSuchMedic
   */
  setSpecialtyVerified(email: string, isVerified: boolean): Promise<number> {
    return this.update(email, { specialtyVerified: isVerified });
  }

  private async update(email: string, columns: Partial<Omit<Medic, 'createdBy'>>): Promise<number> {
    const id = await this.idOf(email);
    await inTransaction(this.dataSource, OPERATOR, ({ manager }) => manager.update(Medic, { id }, columns));
    return id;
  }

  private async read(where: string, values: unknown[]): Promise<MedicResponse[]> {
    const rows = await standAloneReads(this.dataSource).query<MedicRow>(
      `SELECT ${MEDIC_COLUMNS} FROM ${MEDIC_SOURCE} ${where}`,
      values,
    );
    return rows.map(toMedicResponse);
  }
}
