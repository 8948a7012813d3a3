/** Given names that are common in Mexico and elsewhere. */
export const GIVEN_NAMES =
  'José,María,Juan,Guadalupe,Ana Sofía,Luis Ángel,Ximena,Íñigo,Begoña,Óscar,Úrsula,Jesús,Belén,Martín,Lucía,Andrés,Inés,René,Zoë,Jürgen,Søren,Łukasz,Chloé,Nguyễn,Aïcha,Renée,Xóchitl,Citlali,Cuauhtémoc,Itzel'.split(
    ',',
  );

export const FAMILY_NAMES =
  'Hernández,García,Martínez,López,González,Pérez,Rodríguez,Sánchez,Ramírez,Núñez,Ibáñez,Peña,Muñoz,Güemes,Zúñiga,Águila,Ordóñez,Ávila,Müller,Björk,Kowalski,Çelik,O’Brien,D’Angelo,Ñuflo,Tzompantzi,Xicoténcatl,Itzcóatl,Yáñez,Quiñones'.split(
    ',',
  );

export const HOSPITAL_KINDS =
  'Hospital San José,Hospital Ángeles,Clínica Santa María,Consultorio Médico,Hospital General,Centro Médico,Clínica del Niño,Sanatorio Español,Hospital Universitario,Policlínica'.split(
    ',',
  );

export const PLACES =
  'Monterrey, N.L.;Mérida, Yuc.;León, Gto.;Querétaro, Qro.;México, CDMX;Cancún, Q.R.;Culiacán, Sin.;San Luis Potosí, S.L.P.;Mazatlán, Sin.;Tlalnepantla, Méx.'.split(
    ';',
  );
