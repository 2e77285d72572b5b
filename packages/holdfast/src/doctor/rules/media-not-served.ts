import { matchObserved, type Rule } from "../rule.js";
import { djangoExample, folderUploads, serverDatabase } from "./example-apps.js";

const urls = (body: string): Readonly<Record<string, string>> => ({ "shop/urls.py": body });
const development =
  "from django.conf import settings\nfrom django.conf.urls.static import static\n\nurlpatterns = []\nurlpatterns += static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)\n";
const everywhere =
  'from django.conf import settings\nfrom django.urls import re_path\nfrom django.views.static import serve\n\nurlpatterns = [re_path(r"^media/(?P<path>.*)$", serve, {"document_root": settings.MEDIA_ROOT})]\n';

/** Uploads are written, and in production nobody hands them out. */
export const mediaNotServed: Rule = {
  code: "MEDIA011",
  severity: "warning",
  leadsToDeploy: true,
  words: {
    en: {
      title: "In production nobody serves the uploads",
      says: ({ path }) => `${path}: this route exists only while DEBUG is on, so uploaded pictures answer 404 in production.`,
      why: "Django's static() makes no route when DEBUG is off, and WhiteNoise serves static files, not uploads. The files may well be there, and are seen by nobody.",
      remedy: [
        "Keep uploads in a storage that serves them itself: a bucket or Cloudinary.",
        "On a disk that lasts, let a web server or a view hand them out.",
      ],
    },
    fr: {
      title: "En production, personne ne sert les fichiers envoyés",
      says: ({ path }) => `${path} : cette route n’existe que si DEBUG est actif ; en production, les images répondent 404.`,
      why: "La fonction static() de Django ne crée aucune route quand DEBUG est désactivé, et WhiteNoise sert les fichiers statiques, pas les envois. Les fichiers peuvent être là, mais personne ne les voit.",
      remedy: [
        "Conservez les fichiers dans un stockage qui les sert lui-même : un bucket ou Cloudinary.",
        "Sur un disque durable, faites-les servir par un serveur web ou par une vue.",
      ],
    },
    tr: {
      title: "Canlı ortamda yüklenen dosyaları kimse sunmuyor",
      says: ({ path }) => `${path}: bu yol yalnızca DEBUG açıkken vardır; canlı ortamda yüklenen resimler 404 döner.`,
      why: "Django’nun static() işlevi DEBUG kapalıyken yol oluşturmaz; WhiteNoise ise yüklemeleri değil, statik dosyaları sunar. Dosyalar yerinde olabilir, ama kimse göremez.",
      remedy: [
        "Dosyaları, onları kendisi sunan bir depolamada saklayın: bir nesne deposu ya da Cloudinary.",
        "Kalıcı bir diskte iseler, onları bir web sunucusu ya da bir görünüm sunsun.",
      ],
    },
  },
  find: (app) => matchObserved(app, "media-not-served", ({ path = "/media/" }) => ({ path })),
  example: {
    fires: djangoExample(`DEBUG = False\nROOT_URLCONF = "shop.urls"\n${serverDatabase}${folderUploads}`, urls(development)),
    silent: djangoExample(`DEBUG = False\nROOT_URLCONF = "shop.urls"\n${serverDatabase}${folderUploads}`, urls(everywhere)),
  },
};
