# A Rails application in one file: a page, a form with its CSRF token, a session, a redirect, a stream, an upload.
require "logger"
require "rails"
require "action_controller/railtie"
require "digest"
require "socket"

class Kitchen < Rails::Application
  config.root = __dir__
  config.load_defaults 6.1
  config.eager_load = false
  config.consider_all_requests_local = false
  config.secret_key_base = "only for this example, and the same in every process"
  config.hosts.clear
  config.logger = Logger.new($stderr, level: Logger::WARN)
  config.session_store :cookie_store, key: "_kitchen"

  routes.append do
    root to: "pages#index"
    get "form", to: "pages#form"
    post "form", to: "pages#save"
    get "saved", to: "pages#saved"
    get "stream", to: "pages#stream"
    post "upload", to: "pages#upload"
    get "params/*rest", to: "pages#show"
  end
end

# Before the controllers, which get the helpers of its routes.
Kitchen.initialize!

class PagesController < ActionController::Base
  protect_from_forgery with: :exception
  skip_forgery_protection only: :upload

  def index
    session[:visits] = (session[:visits] || 0) + 1
    render plain: "rails: visit #{session[:visits]} at #{request.original_url} from #{request.remote_ip}\n"
  end

  def form
    render inline: <<~PAGE
      <%= form_with url: form_path, local: true do |f| %><%= f.text_field :dish %><%= f.submit %><% end %>
    PAGE
  end

  def save
    flash[:dish] = params[:dish]
    redirect_to saved_path, status: :see_other
  end

  def saved
    render plain: "saved: #{flash[:dish]}\n"
  end

  def stream
    headers["Last-Modified"] = Time.now.httpdate # or Rack::ETag would hold it back
    self.response_body = Enumerator.new do |out|
      3.times do |number|
        out << "piece #{number}\n"
        wait_at_gate if number < 2
      end
    end
  end

  def upload
    file = params.require(:file)
    data = file.read
    render plain: "#{file.original_filename}: #{data.bytesize} #{Digest::SHA256.hexdigest(data)}\n"
  end

  def show
    render json: { rest: params[:rest], query: request.query_parameters, format: params[:format] }
  end

  private

  # Where GATE is set, until whoever listens there has hung up.
  def wait_at_gate
    TCPSocket.open(*ENV["GATE"].split(":")) { |gate| gate.read } if ENV["GATE"]
  end
end

run Kitchen
