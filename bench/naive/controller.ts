import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Get,
  HttpCode,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsIn, IsInt } from 'class-validator';
import { Repository } from 'typeorm';
import { NaiveMembership } from './entities.js';
import { NaiveGuard, type NaiveRequest } from './guard.js';

class CreateDto {
  @IsInt()
  medic!: number;

  @IsInt()
  hospital!: number;

  @IsIn(['ADMIN', 'MEMBER'])
  type_membership!: string;
}

class UpdateDto {
  @IsIn(['ADMIN', 'MEMBER'])
  type_membership!: string;
}

const RELATIONS = { medic: true, hospital: true } as const;

/** The measured endpoints written the usual way, with repositories that load entities and their relations. */
@Controller('api/v2')
@UseGuards(NaiveGuard)
@UseInterceptors(ClassSerializerInterceptor)
export class NaiveController {
  constructor(@InjectRepository(NaiveMembership) private readonly memberships: Repository<NaiveMembership>) {}

  @Get('management/memberships')
  async own(@Req() { medic, url, headers }: NaiveRequest) {
    const where = { medic: { id: medic.id }, isDeleted: false };
    const [results, count] = await this.memberships.findAndCount({
      where,
      relations: RELATIONS,
      order: { id: 'ASC' },
      take: 15,
    });
    const next = count > 15 ? `http://${String(headers['host'])}${url}?limit=15&offset=15` : null;
    return { count, next, previous: null, results };
  }

  @Get('management/memberships/:id')
  async one(@Req() { medic }: NaiveRequest, @Param('id', ParseIntPipe) id: number) {
    const membership = await this.memberships.findOneOrFail({ where: { id }, relations: RELATIONS });
    if (membership.medic.id !== medic.id) await this.requireAdmin(medic.id, membership.hospital.id);
    return membership;
  }

  @Get('memberships/:hospital')
  async ofHospital(@Req() { medic }: NaiveRequest, @Param('hospital', ParseIntPipe) hospital: number) {
    await this.requireAdmin(medic.id, hospital);
    return this.memberships.find({
      where: { hospital: { id: hospital }, isDeleted: false },
      relations: RELATIONS,
      order: { dateJoined: 'DESC', id: 'DESC' },
    });
  }

  @Post('management/memberships')
  async create(@Req() { medic }: NaiveRequest, @Body() input: CreateDto) {
    await this.requireAdmin(medic.id, input.hospital);
    const hasOther = await this.memberships.existsBy({ medic: { id: input.medic }, isDeleted: false });
    const { id } = await this.memberships.save({
      medic: { id: input.medic },
      hospital: { id: input.hospital },
      type: input.type_membership,
      isActive: !hasOther,
    });
    return { id, ...input };
  }

  @Patch('management/memberships/:id')
  @HttpCode(201)
  async update(@Req() { medic }: NaiveRequest, @Param('id', ParseIntPipe) id: number, @Body() input: UpdateDto) {
    const membership = await this.memberships.findOneOrFail({ where: { id }, relations: RELATIONS });
    await this.requireAdmin(medic.id, membership.hospital.id);
    membership.type = input.type_membership;
    return this.memberships.save(membership);
  }

  private async requireAdmin(medic: number, hospital: number): Promise<void> {
    const right = { medic: { id: medic }, hospital: { id: hospital }, type: 'ADMIN', isDeleted: false };
    if (!(await this.memberships.existsBy(right))) throw new UnauthorizedException();
  }
}
