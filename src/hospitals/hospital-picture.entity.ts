import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Hospital } from './hospital.entity.js';

/** The kind of picture, which is also the name of its field. */
export type PictureKind = 'picture' | 'university_logo';

/** A JPEG of a hospital. It is stored in the database, so that every process and every backup has it. */
@Entity('hospital_picture')
@Index('hospital_picture_by_digest', ['digest'])
@Check('hospital_picture_kind_known', `kind IN ('picture', 'university_logo')`)
export class HospitalPicture {
  @PrimaryColumn('integer', { name: 'hospital_id', primaryKeyConstraintName: 'hospital_picture_pkey' })
  hospitalId!: number;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'hospital_picture_pkey' })
  kind!: PictureKind;

  /** SHA-256 of the content, which identifies the picture in its URL. */
  @Column('bytea')
  digest!: Buffer;

  @Column('bytea')
  content!: Buffer;

  @ManyToOne(() => Hospital, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'hospital_id', foreignKeyConstraintName: 'hospital_picture_hospital_fkey' })
  hospital?: Relation<Hospital>;
}
