import { Exclude, Expose, Transform } from 'class-transformer';
import {
  Column,
  CreateDateColumn,
  Entity,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';

/** The service's tables, mapped with relations the usual way. */
@Entity('medic')
export class NaiveMedic {
  @PrimaryGeneratedColumn('identity')
  id!: number;

  @Column('text')
  name!: string;

  @Column('text')
  email!: string;

  @Exclude()
  @Column('boolean', { name: 'is_active' })
  isActive!: boolean;
}

@Entity('hospital')
export class NaiveHospital {
  @PrimaryGeneratedColumn('identity')
  id!: number;

  @Column('text')
  name!: string;
}

@Entity('api_token')
export class NaiveToken {
  @PrimaryGeneratedColumn('identity')
  id!: number;

  @Column('bytea')
  digest!: Buffer;

  @ManyToOne(() => NaiveMedic)
  @JoinColumn({ name: 'medic_id' })
  medic!: Relation<NaiveMedic>;
}

@Entity('membership')
export class NaiveMembership {
  @PrimaryGeneratedColumn('identity')
  id!: number;

  @ManyToOne(() => NaiveMedic)
  @JoinColumn({ name: 'medic_id' })
  medic!: Relation<NaiveMedic>;

  @ManyToOne(() => NaiveHospital)
  @JoinColumn({ name: 'hospital_id' })
  @Transform(({ value }: { value: NaiveHospital }) => value.id)
  hospital!: Relation<NaiveHospital>;

  @Expose({ name: 'type_membership' })
  @Column('text')
  type!: string;

  @Expose({ name: 'is_active' })
  @Column('boolean', { name: 'is_active' })
  isActive!: boolean;

  @Expose({ name: 'is_deleted' })
  @Column('boolean', { name: 'is_deleted', default: false })
  isDeleted!: boolean;

  @Expose({ name: 'date_joined' })
  @CreateDateColumn({ name: 'date_joined', type: 'timestamptz' })
  dateJoined!: Date;
}
