/* eslint-disable @typescript-eslint/unbound-method -- methods are only compared here, never called */
import { target } from '../access/target.js';
import { CALLER, SUBJECT, type Handler } from '../auth/prefetch.js';
import { rowOf } from '../database/statements.js';
import { sqlOfPage } from '../database/page.js';
import type { Asked } from '../decisions/asked.js';
import { DecisionsController } from '../decisions/decisions.controller.js';
import { EVALUATION, EVALUATIONS } from '../decisions/questions.js';
import { SearchController } from '../decisions/search.controller.js';
import { ACTION_SEARCH, RESOURCE_SEARCH, SUBJECT_SEARCH } from '../decisions/search.js';
import { HospitalsController } from '../hospitals/hospitals.controller.js';
import { idInPathOrNull } from '../http/input/path-id.js';
import { DEFAULT_LIMIT } from '../http/output/pagination.js';
import { LocationsController } from '../locations/locations.controller.js';
import { LOCATIONS, LOCATIONS_ORDER, locationsOf } from '../locations/locations.service.js';
import { MedicsController } from '../medics/medics.controller.js';
import { BulkMembershipsController } from '../memberships/bulk/bulk.controller.js';
import { HospitalMembershipsController } from '../memberships/hospital-memberships.controller.js';
import { MembershipsController } from '../memberships/memberships.controller.js';
import {
  FIRST_OWN_PAGE,
  LIVE_OF_HOSPITAL,
  newestOfHospital,
  ownMemberships,
  VISIBLE_MEMBERSHIP,
} from '../memberships/memberships.sql.js';
import { HistoryController } from '../record/history.controller.js';
import { LIMIT, withKey, type Prefetch } from './prefetch.js';

const { prototype: memberships } = MembershipsController;
const { prototype: hospitalMemberships } = HospitalMembershipsController;
const { prototype: history } = HistoryController;
const { prototype: locations } = LocationsController;
const { prototype: hospitals } = HospitalsController;
const { prototype: medics } = MedicsController;
const { prototype: decisions } = DecisionsController;
const { prototype: searches } = SearchController;

const FIRST_PAGE = sqlOfPage(ownMemberships(CALLER), String(DEFAULT_LIMIT), '0', LIMIT);

/** The rows that each route reads together with the key. A route that is not listed reads the key alone. */
export const PREFETCH_OF_ROUTE = new Map<Handler, Prefetch>([
  [
    memberships.listMemberships,
    withKey.list(FIRST_OWN_PAGE, {
      sql: () => FIRST_PAGE,
      orderBy: 'list.id',
      lengthOf: (rows) => rowOf(rows).count,
    }),
  ],
  // Clients ask this before every prescription.
  [memberships.getMembership, withKey.row(VISIBLE_MEMBERSHIP, idInPathOrNull)],
  [memberships.createMembership, withKey.facts(target.hospitalInBody)],
  [BulkMembershipsController.prototype.addMemberships, withKey.facts(target.hospitalInBody)],
  [memberships.updateMembership, withKey.facts(target.membershipInPath)],
  [memberships.deleteMembership, withKey.facts(target.membershipInPath)],
  [
    hospitalMemberships.listHospitalMemberships,
    withKey.facts(target.hospitalInPath).list(LIVE_OF_HOSPITAL, {
      sql: (found) => newestOfHospital(SUBJECT, found('right'), LIMIT),
      orderBy: 'list.date_joined DESC, list.id DESC',
    }),
  ],
  [
    locations.listLocations,
    withKey.list(LOCATIONS, { sql: () => locationsOf(CALLER, LIMIT), orderBy: LOCATIONS_ORDER }),
  ],
  [history.listMembershipHistory, withKey.facts(target.membershipInPath)],
  [history.listHospitalHistory, withKey.facts(target.hospitalInPath)],
  [hospitals.updateHospital, withKey.facts(target.visibleHospitalInPath)],
  [medics.createMedic, withKey.facts(target.hospitalInBody)],
  [medics.updateMedic, withKey.facts(target.medicInPath)],
]);

/** The statement by which each route for service accounts reads its data together with the key. */
export const ASKED_OF_ROUTE = new Map<Handler, Asked<unknown>>([
  [decisions.evaluate, EVALUATION],
  [decisions.evaluateAll, EVALUATIONS],
  [searches.searchSubjects, SUBJECT_SEARCH],
  [searches.searchResources, RESOURCE_SEARCH],
  [searches.searchActions, ACTION_SEARCH],
]);
