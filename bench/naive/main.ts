/** For comparison: the measured endpoints in a typical Nest service (Express, relations, class-transformer). */
import { Controller, Get, Module, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { NaiveController } from './controller.js';
import { NaiveHospital, NaiveMedic, NaiveMembership, NaiveToken } from './entities.js';

@Controller('health/ready')
class NaiveHealthController {
  @Get()
  ready() {
    return { status: 'ok' };
  }
}

const entities = [NaiveMedic, NaiveHospital, NaiveToken, NaiveMembership];

@Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: process.env['DATABASE_URL'] ?? '', entities }),
    TypeOrmModule.forFeature(entities),
  ],
  controllers: [NaiveController, NaiveHealthController],
})
class NaiveModule {}

const app = await NestFactory.create(NaiveModule, { logger: false });
app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
app.enableShutdownHooks();
await app.listen(Number(process.env['PORT']), '127.0.0.1');
