import {
  ActiveHospitalAlreadyChosen,
  LastAdminOfHospital,
  MembershipAlreadyExists,
  MembershipIsDeleted,
  MembershipNotInForce,
} from '../membership.errors.js';

/** Examples of the conflicts in section 3 of the contract, for the OpenAPI document. */
export const ALREADY_EXISTS = {
  'The medic already has a membership at this hospital, live or deleted.': {
    message: new MembershipAlreadyExists().message,
    membership: 2,
  },
};
export const LAST_ADMIN = {
  'The hospital would lose its last ADMIN.': { message: new LastAdminOfHospital().message },
};
export const CHOICE = {
  "Only the medic, or the medic's creator, may change the active hospital.": {
    message: new ActiveHospitalAlreadyChosen().message,
  },
};
export const DELETED = { 'The membership is deleted.': { message: new MembershipIsDeleted().message } };
export const NOT_IN_FORCE = {
  'The membership is outside its time and cannot become the active one.': {
    message: new MembershipNotInForce().message,
  },
};
